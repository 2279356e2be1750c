#!/bin/sh
# Writes .env with new random passwords for docker-compose.yml, and the address at which `antrean` finds that
# broker. Readable by its owner only; an .env that is there already stays as it is.
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
  echo "ANTREAN_BROKER_PORT=5672"
  echo 'ANTREAN_AMQP_URL=amqp://patient:${ANTREAN_PASSWORD_PATIENT}@127.0.0.1:${ANTREAN_BROKER_PORT}/'
} >.env.new
mv .env.new .env
echo "deploy/make-env.sh: wrote .env"
