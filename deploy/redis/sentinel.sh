#!/bin/sh
# Writes the configuration of one Sentinel (it rewrites the file itself later) and starts it.
set -eu
file=/data/sentinel.conf
if [ ! -f "$file" ]; then
  cat >"$file" <<CONF
port 26379
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel monitor ucmesh redis-1 6379 2
sentinel auth-pass ucmesh $REDIS_PASSWORD
sentinel down-after-milliseconds ucmesh 2000
sentinel failover-timeout ucmesh 10000
CONF
fi
exec redis-sentinel "$file"
