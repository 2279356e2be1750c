#!/bin/sh
# Writes .env with new random passwords for docker-compose.yml, and the addresses at which the programs of
# patients, staff and operators find broker and database from the host. Readable by its owner only; an .env that is there already stays as it is.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo "deploy/make-env.sh: .env is there already; remove it first to have new passwords." >&2
  exit 1
fi
umask 077
new_password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
{
  echo "# Written by deploy/make-env.sh for docker-compose.yml; .env.example describes every setting."
  for role in PATIENT DESK REGISTRAR TICKER STATUS DEPLOY; do
    echo "ANTREAN_PASSWORD_$role=$(new_password)"
  done
  echo "ANTREAN_DATABASE_PASSWORD=$(new_password)"
  echo "# Of the registries (antrean-admin patients import). Keep a copy apart from the database: without it they are of no use."
  echo "ANTREAN_REGISTRY_KEY=$(new_password)"
  cat <<'END'
# Where the host finds them; only this machine does.
ANTREAN_BROKER_PORT=5672
ANTREAN_MANAGEMENT_PORT=15672
ANTREAN_DATABASE_PORT=5433
# For antrean, antrean-desk and antrean-admin on the host, each with its own user.
ANTREAN_AMQP_URL_PATIENT=amqp://patient:${ANTREAN_PASSWORD_PATIENT}@127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_AMQP_URL_DESK=amqp://desk:${ANTREAN_PASSWORD_DESK}@127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_AMQP_URL_DEPLOY=amqp://deploy:${ANTREAN_PASSWORD_DEPLOY}@127.0.0.1:${ANTREAN_BROKER_PORT}/
ANTREAN_DATABASE_URL_DEPLOY=postgresql://antrean:${ANTREAN_DATABASE_PASSWORD}@127.0.0.1:${ANTREAN_DATABASE_PORT}/antrean
ANTREAN_MANAGEMENT_URL_DEPLOY=http://deploy:${ANTREAN_PASSWORD_DEPLOY}@127.0.0.1:${ANTREAN_MANAGEMENT_PORT}/
END
} >.env.new
mv .env.new .env
echo "deploy/make-env.sh: wrote .env"
