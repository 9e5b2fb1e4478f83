# To be sourced: what the other scripts need to install Debian's packages.

PATH=$PATH:/usr/sbin:/sbin # where a user who is not root finds no servers

# Run a command as root, or say at once what is wrong.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        echo "This needs root: $*" >&2
        echo "Run it as root, or as a user whom sudo asks for no password (\`sudo -v\` first)." >&2
        return 1
    fi
}

# Install the packages of programs that are not there: provide PROGRAM:PACKAGE ...
provide() {
    local need missing=()
    for need in "$@"; do command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}"); done
    if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
}

install_packages() {
    as_root apt-get -qq -o DPkg::Lock::Timeout=600 update >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 \
            install --no-install-recommends "$@" >/dev/null
}
