#!/bin/sh
# Makes the keys that the tests use. They are kept because a large RSA key takes a minute; they guard nothing.
set -eu
cd "$(dirname "$0")"
for bits in 1024 2047 2048 3072 4096 8192; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:$bits -out rsa$bits.pem
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3 -out rsa2048-of-3-primes.pem
for curve in P-192 P-224 P-256 P-384 P-521 secp256k1; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -pkeyopt ec_param_enc:named_curve -out "$curve.pem"
done
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl genpkey -algorithm ED448 -out ed448.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsa-pss.pem
# A certificate of X.509 version 1 (of that, if it has no extensions), which new versions of openssl don't make.
work=$(mktemp -d)
printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\npolicy=p\n[p]\ncommonName=optional\n[req]\ndistinguished_name=p\n' "$work" "$work" >"$work/config"
: >"$work/index"
openssl req -new -key P-256.pem -subj /CN=localhost -config "$work/config" -out "$work/v1.csr"
openssl ca -batch -notext -selfsign -md default -startdate 20200101000000Z -enddate 21200101000000Z -config "$work/config" \
    -keyfile P-256.pem -in "$work/v1.csr" -out v1.pem
rm -r "$work"
