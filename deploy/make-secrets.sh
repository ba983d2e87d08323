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

digest() { # of the standard input
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1
}

bcrypt() { # of the standard input
    if command -v htpasswd >/dev/null; then
        htpasswd -niBC 10 vitrine | cut -d: -f2 | tr -d '\n'
    else
        salt="$(hex | cut -c1-21)u" perl -e 'my $text = <STDIN>; print crypt($text, q($2b$10$) . $ENV{salt})'
    fi
}

token() { # NAME: only the digest is kept
    if [ ! -e "$folder/$1" ]; then
        new=$(hex)
        keep "$1" "sha256:$(printf %s "$new" | digest)"
        echo "    the token, which is shown only here: $new"
    fi
}

keep vitrine_kafka_password "$(hex)"
keep redis_auth "requirepass $(hex)
"
keep vitrine_redis_url "redis://:$(cut -d' ' -f2 "$folder/redis_auth")@redis:6379/0"
keep keys "k1 $(head -c 32 /dev/urandom | base64 | tr -d '\n')
"
keep reaction_keys "r1 $(head -c 32 /dev/urandom | base64 | tr -d '\n')
"
for name in vitrine_services_token grafana_admin_password prometheus_password; do
    keep "$name" "$(hex)"
done
token vitrine_operator_token
token vitrine_stand_till_token
# The virtual player has to bring the token itself. What an older release wrote is that.
if [ ! -e "$folder/vitrine_stand_player_token" ]; then
    keep player_token "$(hex)"
    keep vitrine_stand_player_token "sha256:$(digest <"$folder/player_token")"
fi
if [ ! -e "$folder/player_token" ]; then
    keep player_token "$(cat "$folder/vitrine_stand_player_token")"
fi
if [ ! -e "$folder/prometheus_web.yml" ]; then
    hash=$(bcrypt <"$folder/prometheus_password") || hash=
    case $hash in
        '$2'*) ;;
        *) echo "no bcrypt here; install htpasswd (apache2-utils, httpd-tools) and run this again" >&2; exit 1 ;;
    esac
    keep prometheus_web.yml "basic_auth_users: {vitrine: '$hash'}
"
fi
if [ ! -e "$environment" ]; then
    sed "s|^SITE_SECRETS=.*|SITE_SECRETS=$folder|" "$(dirname "$0")/../.env.example" >"$environment"
    echo "$environment: new"
fi
