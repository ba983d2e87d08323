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

redis_users() { # CONTAINER: each has an address with its password, and Redis a list with the passwords' digests
    template="$(dirname "$0")/redis/$1.acl"
    list=$(cat "$template")
    for user in $(sed -n 's/^user \([a-z]*\) on #.*/\1/p' "$template"); do
        keep "$1_${user}_url" "redis://$user:$(hex)@$1:6379/0"
        new=$(sed 's|^[a-z]*://[^:]*:\([^@]*\)@.*|\1|' "$folder/$1_${user}_url" | tr -d '\n' | digest)
        list=$(printf %s "$list" | sed "s|#$user |#$new |")
    done
    # A new release may give other rights.
    if [ "$(cat "$folder/$1_users.acl" 2>/dev/null)" != "$list" ]; then
        rm -f "$folder/$1_users.acl"
        keep "$1_users.acl" "$list
"
    fi
}

token() { # NAME: only the digest is kept
    if [ ! -e "$folder/$1" ]; then
        new=$(hex)
        keep "$1" "sha256:$(printf %s "$new" | digest)"
        echo "    the token, which is shown only here: $new"
    fi
}

for user in operator ingest landmarks identity engagement stand console analytics; do
    keep "kafka_${user}_password" "$(hex)"
done
redis_users redis
redis_users keys
keep keys "k1 $(head -c 32 /dev/urandom | base64 | tr -d '\n')
"
keep reaction_keys "r1 $(head -c 32 /dev/urandom | base64 | tr -d '\n')
"
# An Ed25519 key as PKCS #8 (RFC 8410, 7): sixteen bytes that say so, and the key.
keep receipt_key "-----BEGIN PRIVATE KEY-----
$({ printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'; head -c 32 /dev/urandom; } | base64 | tr -d '\n')
-----END PRIVATE KEY-----
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
