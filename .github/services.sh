#!/bin/sh
# Puts a RabbitMQ and a PostgreSQL of these versions on a runner: services.sh 3.13 15
# RabbitMQ, with the Erlang that goes with it, is taken out of its official image; the tests start their own nodes of it.
set -eu
rabbitmq=$1
postgresql=$2

container=$(docker create "rabbitmq:$rabbitmq")
for folder in erlang openssl rabbitmq; do
  sudo docker cp --quiet "$container:/opt/$folder" /opt/
done
docker rm "$container" >/dev/null
sudo chmod -R a+rX /opt/erlang /opt/openssl /opt/rabbitmq
printf '%s\n' /opt/erlang/bin /opt/rabbitmq/sbin >>"$GITHUB_PATH"

# The tests take the newest PostgreSQL that is installed, so the runner's own goes.
sudo apt-get -q -y remove 'postgresql-[0-9]*'
sudo apt-get -q -y install --no-install-recommends postgresql-common
sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
sudo apt-get -q -y install --no-install-recommends "postgresql-$postgresql"

# Its tools try the alerts and the dashboard.
sudo apt-get -q -y install --no-install-recommends prometheus
