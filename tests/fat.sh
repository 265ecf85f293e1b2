# For tests with an image of a FAT file system, $image: skips them all where the host's tools for such images are not installed.
for tool in mkfs.fat mcopy fsck.fat; do
    if ! command -v $tool >/dev/null && ! [ -x /usr/sbin/$tool ]; then
        echo "1..0 # SKIP $tool is not here (Debian: dosfstools, mtools)"
        exit 0
    fi
done
PATH=$PATH:/usr/sbin
MTOOLS_SKIP_CHECK=1
export MTOOLS_SKIP_CHECK
image=$work/stick.img
