#!/bin/sh
# make-secrets.sh FOLDER ENVIRONMENT: writes the secrets of a site, and the file .env that names the folder.
# What is there stays.
# The folder is its owner's alone (0700). The files in it can be read, as containers mount them one by one and
# run as users of their own.
set -eu
folder=$1 environment=$2
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

hex() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

keep() { # NAME CONTENT
    if [ ! -e "$folder/$1" ]; then
        printf '%s' "$2" >"$folder/$1.new"
        chmod 444 "$folder/$1.new"
        mv "$folder/$1.new" "$folder/$1"
        echo "$folder/$1: new"
    fi
}

keep vitrine_kafka_password "$(hex)"
keep redis_auth "requirepass $(hex)
"
keep vitrine_redis_url "redis://:$(cut -d' ' -f2 "$folder/redis_auth")@redis:6379/0"
keep keys "k1 $(head -c 32 /dev/urandom | base64 | tr -d '\n')
"
for name in vitrine_operator_token vitrine_stand_player_token vitrine_stand_till_token grafana_admin_password; do
    keep "$name" "$(hex)"
done
if [ ! -e "$environment" ]; then
    sed "s|^SITE_SECRETS=.*|SITE_SECRETS=$folder|" "$(dirname "$0")/../.env.example" >"$environment"
    echo "$environment: new"
fi
