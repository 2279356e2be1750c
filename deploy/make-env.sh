#!/bin/sh
# Writes .env with new random passwords for docker-compose.yml, and the addresses at which the programs of
# patients, staff and operators find broker and database from the host. Readable by its owner only. An .env that is there
# already stays as it is, but for passwords and secrets that an earlier version did not have: those are added.
set -eu
cd "$(dirname "$0")/.."
umask 077
names="PASSWORD_PATIENT PASSWORD_REGISTRAR PASSWORD_TICKER PASSWORD_STATUS PASSWORD_INTEGRATOR PASSWORD_WEB
PASSWORD_BOARD PASSWORD_DEPLOY PASSWORD_ACCOUNTS DATABASE_PASSWORD_REGISTRAR DATABASE_PASSWORD_TICKER DATABASE_PASSWORD_STATUS
WEB_SECRET"
new_password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
if [ -e .env ]; then
  added=""
  for name in $names; do
    if ! grep -q "^ANTREAN_$name=" .env; then
      printf '\nANTREAN_%s=%s\n' "$name" "$(new_password)" >>.env
      added="$added ANTREAN_$name"
    fi
  done
  if [ -n "$added" ]; then
    echo "deploy/make-env.sh: added to .env:$added"
    exit 0
  fi
  echo "deploy/make-env.sh: .env is there already; remove it first to have new passwords." >&2
  exit 1
fi
{
  echo "# Written by deploy/make-env.sh for docker-compose.yml; .env.example describes every setting."
  for name in $names; do
    echo "ANTREAN_$name=$(new_password)"
  done
  echo "ANTREAN_DATABASE_PASSWORD=$(new_password)"
  echo "# Of the registries (antrean-admin patients import). Keep a copy apart from the database: without it they are of no use."
  echo "ANTREAN_REGISTRY_KEY=$(new_password)"
  cat <<'END'
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
} >.env.new
mv .env.new .env
echo "deploy/make-env.sh: wrote .env"
