#!/bin/sh
# Writes .env with new random passwords for docker-compose.yml, and the addresses at which the programs of
# patients, staff and operators find broker and database from the host. Readable by its owner only. An .env that is there
# already stays as it is, but for what an earlier version did not have: that is added.
#
# Then it writes, from .env, the files that containers read their secrets from. Run it again after each change of a
# password, or of ANTREAN_TLS_HOST, in .env.
set -eu
cd "$(dirname "$0")/.."
umask 077
users="patient registrar ticker status integrator web board deploy accounts"
workers="registrar ticker status"
connected="$workers web board deploy"

upper() { echo "$1" | tr a-z A-Z; }
new_key() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
new_password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
fail() { echo "deploy/make-env.sh: $1" >&2; exit 1; }

# What .env says, without quotation marks.
value() { sed -n "s/^ANTREAN_$1=//p" .env | tail -n 1 | sed "s/^\([\"']\)\(.*\)\1\$/\2/"; }

# The same of a password, which becomes part of addresses.
password() {
  found=$(value "$1")
  case $found in
    "") fail "ANTREAN_$1 is missing in .env." ;;
    *[!A-Za-z0-9._~-]*) fail "ANTREAN_$1 in .env may have letters, digits and . _ ~ - only." ;;
  esac
  echo "$found"
}

new_settings() {
  for user in $users; do echo "PASSWORD_$(upper "$user")=$(new_password)"; done
  for worker in $workers; do echo "DATABASE_PASSWORD_$(upper "$worker")=$(new_password)"; done
  echo "WEB_SECRET=$(new_password)"
  echo "WEB_PUSH_KEY=$(new_key)"
  echo "REGISTRY_KEY=$(new_password)"
  echo "SECRETS_DIRECTORY=./secrets"
}

new_env() {
  echo "# Written by deploy/make-env.sh for docker-compose.yml; .env.example describes every setting."
  new_settings | sed 's/^/ANTREAN_/'
  echo "ANTREAN_DATABASE_PASSWORD=$(new_password)"
  cat <<'END'
# Of ANTREAN_REGISTRY_KEY keep a copy apart from the database: without it the registries (antrean-admin patients import)
# are of no use.
# Where the host finds them; only this machine does.
ANTREAN_BROKER_PORT=5672
ANTREAN_MANAGEMENT_PORT=15672
ANTREAN_DATABASE_PORT=5433
# For our programs on the host; the staff sign in at antrean-desk as themselves.
ANTREAN_AMQP_URL_PATIENT=amqp://patient:${ANTREAN_PASSWORD_PATIENT}@127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_AMQP_URL_DESK=amqp://127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_AMQP_URL_INTEGRATOR=amqp://integrator:${ANTREAN_PASSWORD_INTEGRATOR}@127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_AMQP_URL_DEPLOY=amqp://deploy:${ANTREAN_PASSWORD_DEPLOY}@127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_DATABASE_URL_DEPLOY=postgresql://antrean:${ANTREAN_DATABASE_PASSWORD}@127.0.0.1:${ANTREAN_DATABASE_PORT}/antrean
ANTREAN_MANAGEMENT_URL_DEPLOY=http://accounts:${ANTREAN_PASSWORD_ACCOUNTS}@127.0.0.1:${ANTREAN_MANAGEMENT_PORT}/
END
}

add_what_is_missing() {
  new_settings | while IFS= read -r setting; do
    name=ANTREAN_${setting%%=*}
    if ! grep -q "^$name=." .env; then
      printf '\nANTREAN_%s\n' "$setting" >>.env
      echo "deploy/make-env.sh: added $name to .env"
    fi
  done
}

# write NAME CONTENT: a secret's file, in one step. Who is who in a container is not known here, so that others may read
# it; the directory lets nobody of this machine in but its owner.
write() {
  printf '%s\n' "$2" >"$directory/.new"
  mv -f "$directory/.new" "$directory/$1"
}

write_secrets() {
  directory=$(value SECRETS_DIRECTORY)
  host=$(value TLS_HOST)
  mkdir -p "$directory"
  chmod go= "$directory"
  umask 222
  for user in $connected; do
    secret=$(password "PASSWORD_$(upper "$user")")
    write "amqp_$user" "amqp://$user:$secret@broker:5672/"
    write "amqps_$user" "amqps://$user:$secret@${host:-broker}:5671/"
  done
  for user in $users; do
    secret=$(password "PASSWORD_$(upper "$user")")
    write "password_$user" "$secret"
  done
  secret=$(password PASSWORD_ACCOUNTS)
  write management_http "http://accounts:$secret@broker:15672/"
  write management_https "https://accounts:$secret@${host:-broker}:15671/"
  for worker in $workers; do
    secret=$(password "DATABASE_PASSWORD_$(upper "$worker")")
    write "database_password_$worker" "$secret"
    write "database_$worker" "postgresql://antrean_$worker:$secret@database/antrean"
  done
  secret=$(password DATABASE_PASSWORD)
  write database_password "$secret"
  write database_deploy "postgresql://antrean:$secret@database/antrean"
  write web_secret "$(value WEB_SECRET)"
  write web_push_key "$(value WEB_PUSH_KEY)"
  write registry_key "$(value REGISTRY_KEY)"
  echo "deploy/make-env.sh: wrote the secrets of .env into $directory"
}

if [ -e .env ]; then
  add_what_is_missing
else
  new_env >.env.new
  mv .env.new .env
  echo "deploy/make-env.sh: wrote .env"
fi
write_secrets
