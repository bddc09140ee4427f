# The identities: one certificate authority, and a certificate and kubeconfig for each program.
# shellcheck shell=bash

readonly NEW_KEY=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

# Signs a new key pair NAME.key, NAME.crt in the current folder.
certificate() { # file name, common name, organisation, subject alternative names
  openssl req -new "${NEW_KEY[@]}" -keyout "$1.key" -out "$1.csr" -subj "/O=$3/CN=$2"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" \
    -extfile <(
      echo keyUsage=digitalSignature
      echo extendedKeyUsage=serverAuth,clientAuth
      echo "${4:+subjectAltName=$4}"
    )
}

# With embedded certificates, so that the file can be copied and moved.
kubeconfig() { # API server, file name of the key pair
  cat << X
apiVersion: v1
kind: Config
clusters:
- name: $PREFIX
  cluster: {server: "https://$1", certificate-authority-data: $(base64 -w0 ca.crt)}
users:
- name: $2
  user: {client-certificate-data: $(base64 -w0 "$2.crt"), client-key-data: $(base64 -w0 "$2.key")}
contexts:
- name: $PREFIX
  context: {cluster: $PREFIX, user: $2}
current-context: $PREFIX
X
}

client() { # file name, common name, organisation
  certificate "$@"
  kubeconfig "$(address_of cp):6443" "$1" > "$1.conf"
}

# Into $STATE/pki. The output of openssl is shown only when it fails.
make_identities() {
  mkdir -p "$STATE/pki"
  (umask 077 && cd "$STATE/pki" && identities) &> "$STATE/pki.log" ||
    { cat "$STATE/pki.log" >&2 && die "making certificates failed"; }
}

identities() {
  set -e                                      # the caller's || has switched it off
  local name service=kubernetes.default.svc
  openssl req -x509 "${NEW_KEY[@]}" -keyout ca.key -out ca.crt -days 3650 -subj "/CN=$PREFIX" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  openssl genrsa -out service-accounts.key 2048
  openssl pkey -in service-accounts.key -pubout -out service-accounts.pub
  name=IP:127.0.0.1,IP:$(address_of cp),IP:$API_SERVICE
  name+=,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:$service,DNS:$service.cluster.local
  certificate kube-apiserver kube-apiserver "$PREFIX" "$name"
  certificate kubelet-client kube-apiserver-kubelet-client system:masters
  client admin kubernetes-admin system:masters
  for name in kube-controller-manager kube-scheduler kube-proxy; do
    client $name system:$name system:$name
  done
  for name in $(node_names); do client "$name" "system:node:$name" system:nodes; done
}
