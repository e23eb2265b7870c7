# Sourced by ./run and ./test.

# need PACKAGE=FILE...: installs each Debian package whose file (a glob may be given) is not there yet.
need() {
    local pair missing=()
    for pair in "$@"; do
        compgen -G "${pair#*=}" >/dev/null || missing+=("${pair%%=*}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    echo "installing ${missing[*]}" >&2
    command -v apt-get >/dev/null || { echo "Not a Debian: please install ${missing[*]} by hand." >&2; return 1; }
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    # Programs only: no database cluster of the distribution's, no web server on port 80, now or at the next boot.
    "${root[@]}" bash -euo pipefail -c '
        export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
        if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
            mkdir -p /etc/postgresql-common
            echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
        fi
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            trap "rm -f /usr/sbin/policy-rc.d" EXIT
            printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
            chmod +x /usr/sbin/policy-rc.d
        fi
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends "$@" >/dev/null
        if [ -d /run/systemd/system ]; then
            for service in caddy nginx pgbouncer postgresql; do
                case " $* " in *" $service"*) systemctl disable --quiet "$service" ;; esac
            done
        fi
    ' need "${missing[@]}" >&2
}

POSTGRES='postgresql=/usr/lib/postgresql/*/bin/postgres'
CADDY='caddy=/usr/bin/caddy'
NGINX='nginx=/usr/sbin/nginx'
PGBOUNCER='pgbouncer=/usr/sbin/pgbouncer'
CHROMIUM='chromium-headless-shell=/usr/bin/chromium-headless-shell'
FONTS='fonts-dejavu-core=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
HYPERCORN='python3-hypercorn=/usr/bin/hypercorn'
PYTHON='python3=/usr/bin/python3'
PYTEST='python3-pytest=/usr/lib/python3/dist-packages/pytest/__init__.py'
MYPY='mypy=/usr/bin/mypy'
SETUPTOOLS='python3-setuptools=/usr/lib/python3/dist-packages/setuptools/__init__.py'
WHEEL='python3-wheel=/usr/lib/python3/dist-packages/wheel/__init__.py'
NODE='nodejs=/usr/bin/node'
NPM='npm=/usr/bin/npm'
H2='python3-h2=/usr/lib/python3/dist-packages/h2/__init__.py'
WRK='wrk=/usr/bin/wrk'
CERTIFICATES='ca-certificates=/etc/ssl/certs/ca-certificates.crt'

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# typescript_packages: installs what the TypeScript SDK is built and tested with, unless it is there already as the lock file has it.
typescript_packages() {
    need "$NODE" "$NPM"
    [ sdk/typescript/node_modules/.package-lock.json -nt sdk/typescript/package-lock.json ] || npm ci --prefix sdk/typescript --silent
}
