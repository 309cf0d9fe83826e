# Sourced: servers_start has real S3, KMS, STS and instance metadata servers on loopback and exports where they are;
# servers_stop ends them. For one command, with-servers does both. README.md says what the variables mean.

. "$(dirname "${BASH_SOURCE[0]}")/install.sh"

servers_start() {
    local folder
    interop_install_servers || return 1
    folder=$(mktemp -d)
    "$interop_python/bin/python" "$interop_folder/servers/serve.py" --versitygw "$interop_versitygw" --env "$folder/env" &
    servers_pid=$!
    while [ ! -e "$folder/env" ]; do
        kill -0 "$servers_pid" 2>/dev/null || return 1 # it has said why
        sleep 0.05
    done
    . "$folder/env"
    rm -r "$folder"
}

servers_stop() {
    if [ -n "${servers_pid:-}" ]; then
        kill "$servers_pid" 2>/dev/null && wait "$servers_pid"
        servers_pid=''
    fi
    return 0
}
