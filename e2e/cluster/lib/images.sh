# Images made from local files, without a registry.
# shellcheck shell=bash

# Packs a folder as an image of one layer, in the archive format of `docker save`.
pack_image() { # folder, archive, name, entry point
  local work layer
  local -a tar=(tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner)
  work=$(mktemp -d "$STATE/image-XXXXXX")
  "${tar[@]}" -C "$1" -cf "$work/layer.tar" .
  layer=$(sha256sum "$work/layer.tar")
  cat > "$work/config.json" << X
{"os": "linux", "architecture": "$(go env GOARCH)",
 "config": {"Entrypoint": ["$4"], "Env": ["PATH=/bin"], "WorkingDir": "/"},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:${layer%% *}"]}}
X
  printf '[{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]' "$3" \
    > "$work/manifest.json"
  "${tar[@]}" -C "$work" -cf "$2" manifest.json config.json layer.tar
  rm -r "$work"
}

# The three images of every node, into $STATE/images.
make_images() {
  local images=$STATE/images roots=$STATE/roots applet
  mkdir -p "$images" "$roots"/{pause,coredns,probe/{bin,etc,tmp}}

  cp "$STATE/bin/probe" "$roots/pause/"
  pack_image "$roots/pause" "$images/pause.tar" "$PAUSE_IMAGE" /probe

  cp "$PROGRAMS/coredns" "$roots/coredns/"
  pack_image "$roots/coredns" "$images/coredns.tar" "$COREDNS_IMAGE" /coredns

  cp "$STATE/bin/probe" "$(type -P busybox)" "$roots/probe/bin/"
  for applet in $(busybox --list); do
    [[ $applet == busybox ]] || ln -s busybox "$roots/probe/bin/$applet"
  done
  echo 'root:x:0:0:root:/:/bin/sh' > "$roots/probe/etc/passwd"
  pack_image "$roots/probe" "$images/probe.tar" "$PROBE_IMAGE" /bin/probe
  rm -r "$roots"
}

# Our own small program: always built, as it changes with the checkout.
build_probe() {
  mkdir -p "$STATE/bin"
  CGO_ENABLED=0 GOWORK=off GOFLAGS='' \
    go -C "$HERE/probe" build -trimpath -ldflags '-s -w' -o "$STATE/bin/probe" . ||
    die "building e2e/cluster/probe failed"
}

load_image() { # node, archive: through standard input, since a node does not see this /tmp
  enter "$1" ctr -n k8s.io images import - < "$2"
}
