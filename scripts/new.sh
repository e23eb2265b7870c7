# Sourced by ./run.

# new LANGUAGE NAME: starts an app in the folder NAME of the caller. What it needs of the SDK is copied, because the SDKs are in no package registry yet,
# and so that the folder is all that a container needs.
new() {
    local language=$1 name=${2-} folder=$here/${2-}
    [ $# -eq 2 ] || { echo "usage: ./run new python|node|dotnet NAME" >&2; return 2; }
    case "$language" in python | node | dotnet) ;; *) echo "There are apps in python, node and dotnet, not in $language." >&2; return 2 ;; esac
    [[ $name =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] \
        || { echo "An app's name has 1 to 63 lower-case letters, digits and dashes, and begins and ends with a letter or digit." >&2; return 2; }
    [ ! -e "$folder" ] || { echo "$folder exists already." >&2; return 2; }
    [ -w "$here" ] || { echo "You may not write in $here." >&2; return 2; }

    case "$language" in
        python) need "$PYTHON" ;;
        node) need "$NODE" "$NPM" ;;
    esac
    # It is made under another name, so that one that fails halfway can be repeated.
    local making=$here/.$name.new
    rm -rf "$making"
    cp -r "sdk/templates/$language" "$making"
    find "$making" -type f -exec sed -i "s/APP_NAME/$name/g" {} +
    "new_$language" "$making"
    mv "$making" "$folder"
    echo "Made $folder."
    echo "Next: $0 dev $name --test passes a message between two Portals; $0 dev $name lets you do it yourself."
}

new_python() { cp -r sdk/python/src/peerregistry "$1" && rm -rf "$1/peerregistry/__pycache__"; }

new_node() {
    [ sdk/typescript/node_modules/.package-lock.json -nt sdk/typescript/package-lock.json ] || npm ci --prefix sdk/typescript --silent
    npm pack ./sdk/typescript --pack-destination "$1" --silent >/dev/null
    npm install --prefix "$1" --offline --no-audit --no-fund --silent
}

new_dotnet() {
    build sdk/dotnet/PeerRegistry.Client PeerRegistry.Client
    mkdir "$1/lib"
    cp "sdk/dotnet/PeerRegistry.Client/bin/$configuration/net10.0/PeerRegistry.Client".{dll,xml} "$1/lib"
}
