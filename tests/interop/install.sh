# Sourced: installs what the servers and clients need, each once, into a cache outside of the repository.
# What is in the cache is named after what it was made from, so it is never out of date and never changed.

interop_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONDONTWRITEBYTECODE=1 # nothing is left in the repository
interop_cache="${XDG_CACHE_HOME:-$HOME/.cache}/provost-interop"

# interop_tools COMMAND:PACKAGE...: has Debian's packages for the commands that are missing.
interop_tools() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
    fi
}

# interop_cached NAME INPUTS MAKE: prints the path of NAME as made from the text INPUTS. If it is not there,
# calls MAKE with the path of an empty folder, which becomes it; one process at a time.
interop_cached() {
    local name=$1 inputs=$2 make=$3 path
    path="$interop_cache/$name-$(sha256sum <<<"$inputs" | cut -c1-16)"
    if [ ! -e "$path/.complete" ]; then
        mkdir -p "$interop_cache"
        (
            flock 9
            [ ! -e "$path/.complete" ] || exit 0
            printf 'interop: making %s\n' "$path" >&2
            rm -rf "$path" && mkdir "$path" && "$make" "$path" >&2 && touch "$path/.complete"
        ) 9>"$path.lock" || return 1
    fi
    printf '%s\n' "$path"
}

interop_make_python() {
    python3 -m venv "$1" &&
        "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$interop_folder/requirements.txt"
}

interop_make_versitygw() {
    (cd "$interop_folder/servers" &&
        go build -trimpath -o "$1/versitygw" github.com/versity/versitygw/cmd/versitygw)
}

# Sets interop_python (the folder of a virtual environment) and interop_versitygw (the program).
interop_install_servers() {
    interop_tools python3:python3 flock:util-linux go:golang-go || return 1
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >&2 || return 1
    fi
    interop_python=$(interop_cached python "$(python3 -VV; cat "$interop_folder/requirements.txt")" interop_make_python) || return 1
    interop_versitygw=$(interop_cached versitygw "$(go version; cat "$interop_folder"/servers/go.{mod,sum})" interop_make_versitygw) || return 1
    interop_versitygw=$interop_versitygw/versitygw
}

interop_make_java() {
    local client sources=("$interop_folder"/clients/java/protocol/*.java)
    for client in s3ec3 s3ec4 sdk1; do
        mvn -B -q -f "$interop_folder/clients/java/$client/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1/$client/lib" || return 1
    done
    sources+=("$interop_folder"/clients/java/keyring/*.java)
    for client in s3ec3 s3ec4; do
        interop_javac "$1/$client" "${sources[@]}" "$interop_folder/clients/java/$client"/*.java || return 1
    done
    interop_javac "$1/sdk1" "$interop_folder"/clients/java/{protocol,sdk1}/*.java
}

interop_javac() {
    local folder=$1
    shift
    javac -nowarn -cp "$folder/lib/*" -d "$folder/classes" "$@"
}

interop_make_go() {
    (cd "$interop_folder/clients/go" && go build -trimpath -o "$1/driver" .)
}

# Sets INTEROP_JAVA (a folder with one of each client) and INTEROP_GO (the program).
interop_install_clients() {
    interop_tools java:default-jdk-headless javac:default-jdk-headless mvn:maven openssl:openssl || return 1
    INTEROP_JAVA=$(interop_cached java "$(javac -version; cat "$interop_folder"/clients/java/*/{*.java,pom.xml} 2>/dev/null)" interop_make_java) || return 1
    INTEROP_GO=$(interop_cached go-client "$(go version; cat "$interop_folder"/clients/go/{main.go,go.mod,go.sum})" interop_make_go)/driver || return 1
    export INTEROP_JAVA INTEROP_GO
}
