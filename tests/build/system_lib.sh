# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# A minimal system of this machine's distribution, in $system, a folder below $work. Its packages
# come from where this machine's apt has them from. This needs mmdebstrap, the rights of root and
# the network. Source lib.sh first.

system=$work/system
PATH=$PATH:/usr/sbin:/sbin

# Write the archives of this system's distribution to $work/sources.list, as lines for apt.
write_sources()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' "Architecture: $(dpkg --print-architecture)" 2>/dev/null |
		sed -n 's/^\(Debian\|Ubuntu\) //p' | sort -u >"$work/sources.list"
	[ -s "$work/sources.list" ]
}

# Print what is missing to make a system. Fail if nothing is.
system_lacks()
{
	for tool in mmdebstrap unshare chroot apt-get dpkg; do
		command -v "$tool" >/dev/null || {
			echo "there is no $tool"
			return 0
		}
	done
	if [ "$(id -u)" -ne 0 ]; then
		echo "this needs the rights of root"
	elif ! unshare --mount --pid --fork true 2>/dev/null; then
		echo "no namespace can be made"
	elif ! write_sources; then
		echo "apt knows no archive of Debian or Ubuntu (apt-get update)"
	else
		return 1
	fi
}

# make_system PACKAGE…: with these packages and what no system can do without.
make_system()
{
	packages=$(echo "$*" | tr ' ' ,)
	! grep -q ' https:' "$work/sources.list" || packages=$packages,ca-certificates
	mmdebstrap --mode=root --variant=minbase --include="$packages" \
		"$(awk '{ print $3 }' "$work/sources.list" | sort | head -n 1)" "$system" \
		"$work/sources.list" && cp -L /etc/resolv.conf "$system/etc/resolv.conf"
}

# inside FOLDER COMMAND: run the command in the system, in a folder of root's. The namespace ends
# with the command, and its mounts with it.
inside()
{
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child sh -euc '
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		mount --rbind /sys "$1/sys"
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} \
			${https_proxy:+https_proxy="$https_proxy"} chroot "$1" sh -euc "cd /root/$2; $3"
	' sh "$system" "$1" "$2" </dev/null
}
