#!/bin/sh
# Write deploy/compose.pins.yml: docker-compose.yml's images by digest, so that a tag that moves changes nothing.
#
#   make pin-images                            the images that are pulled, and the base of our own
#   SITE_REGISTRY=registry.mall:5000/ …        the same from a mirror
#   sh deploy/pin-images.sh kafka ingest …     these services; our own images must have been pushed
#
# Then: docker compose -f docker-compose.yml -f deploy/compose.pins.yml up
set -eu
cd "$(dirname "$0")/.."

pins=deploy/compose.pins.yml
base=${SITE_REGISTRY:-}$(sed -n 's/^ARG PYTHON_IMAGE=//p' deploy/Dockerfile)
own="ingest landmarks identity engagement stand console analytics topics"
export SITE_SECRETS="${SITE_SECRETS:-deploy/secrets}"
[ $# -gt 0 ] || set -- kafka redis prometheus grafana

docker pull -q "$base" >/dev/null
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$base")
{
    echo "# Written by \`make pin-images\`; run it again to take newer images."
    docker compose config --lock-image-digests "$@"
    for service in $own; do
        case " $* " in *" $service "*) continue ;; esac
        printf '  %s:\n    build:\n      args:\n        PYTHON_IMAGE: %s\n' "$service" "$digest"
    done
} >"$pins.new"
mv "$pins.new" "$pins"
echo "$pins: $* and the base of our own images"
