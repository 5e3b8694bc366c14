//! TLS by rustls and ring, with the platform's certificates and those of the user.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::base::regular;

/// Most bytes of a file of certificates.
const MAX_FILE: usize = 4 << 20;

/// Whom a client trusts beside the platform's authorities, and who it says it is.
#[derive(Clone, Default)]
pub struct Tls {
    roots: Vec<CertificateDer<'static>>,
    client: Option<Arc<Identity>>,
}

/// A certificate with those that vouch for it, and its key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    /// Reads files of PEM: of authorities, and of a certificate and its key.
    ///
    /// # Errors
    ///
    /// Which file is wrong, and why.
    pub fn read(ca: Option<&Path>, client: Option<(&Path, &Path)>) -> Result<Self, String> {
        let mut tls = Self::default();
        if let Some(file) = ca {
            tls.roots = certificates(file)?;
            let mut store = RootCertStore::empty();
            for root in &tls.roots {
                let added = store.add(root.clone());
                added.map_err(|why| {
                    format!("{}: a certificate in it is bad: {why}", file.display())
                })?;
            }
        }
        if let Some((file, key_file)) = client {
            let chain = certificates(file)?;
            let key = PrivateKeyDer::from_pem_slice(&bytes(key_file)?).map_err(|_| {
                format!("{}: there is no private key (PEM) in it", key_file.display())
            })?;
            tls.client = Some(Arc::new(Identity { chain, key }));
            config(&tls).map_err(|why| {
                let (file, key_file) = (file.display(), key_file.display());
                format!("{file} and {key_file}: no certificate and its key: {why}")
            })?;
        }
        Ok(tls)
    }

    /// How many authorities are trusted beside the platform's.
    pub fn roots(&self) -> usize {
        self.roots.len()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (roots, client) = (self.roots.len(), self.client.is_some());
        f.debug_struct("Tls").field("roots", &roots).field("client", &client).finish()
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    let read = file.canonicalize().and_then(|real| regular::read(&real, MAX_FILE));
    let content = read.map_err(|why| format!("{}: {why}", file.display()))?;
    if content.cut {
        return Err(format!("{}: it is longer than {} MiB", file.display(), MAX_FILE >> 20));
    }
    Ok(content.bytes)
}

/// All certificates of a file, at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = bytes(file)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let read = read.map_err(|why| format!("{}: no PEM: {why}", file.display()))?;
    if read.is_empty() {
        return Err(format!("{}: there is no certificate (PEM) in it", file.display()));
    }
    Ok(read)
}

/// How TLS is spoken: versions 1.2 and 1.3, HTTP/2 where the server can.
pub(super) fn config(tls: &Tls) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = tls.roots.clone();
    let verifier = Arc::new(Lazy { provider: provider.clone(), roots, inner: OnceLock::new() });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // The name is rustls' own for any verifier that is handed in; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &tls.client {
        Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The platform's verifier, made when the first certificate has to be judged: reading the roots
/// takes longer than the rest of claw's start, and plain http needs none.
#[derive(Debug)]
struct Lazy {
    provider: Arc<CryptoProvider>,
    roots: Vec<CertificateDer<'static>>,
    inner: OnceLock<Result<Verifier, rustls::Error>>,
}

impl Lazy {
    fn get(&self) -> Result<&Verifier, rustls::Error> {
        let made = self.inner.get_or_init(|| {
            let roots = self.roots.iter().cloned();
            Verifier::new_with_extra_roots(roots, self.provider.clone())
        });
        made.as_ref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for Lazy {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.get()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.get()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.get()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_file_says_which_and_why() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let pem = |kind: &str, body: &str| {
            format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n")
        };
        let empty = file("empty.pem", "words\n");
        let none = dir.path().join("none.pem");
        let broken = file("broken.pem", &pem("CERTIFICATE", "!!"));
        let odd = file("odd.pem", &pem("CERTIFICATE", "AAAA"));
        let key = file("key.pem", &pem("PRIVATE KEY", "AAAA"));
        let table = [
            (Tls::read(Some(&empty), None), "empty.pem: there is no certificate (PEM) in it"),
            (Tls::read(Some(&none), None), "none.pem: No such file"),
            (Tls::read(Some(dir.path()), None), ": not a regular file"),
            (Tls::read(Some(&broken), None), "broken.pem: no PEM: "),
            (Tls::read(Some(&odd), None), "odd.pem: a certificate in it is bad: "),
            (Tls::read(None, Some((&odd, &empty))), "empty.pem: there is no private key"),
            (Tls::read(None, Some((&odd, &key))), "key.pem: no certificate and its key: "),
        ];
        for (got, expected) in table {
            let why = got.unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
        assert!(Tls::read(None, None).is_ok());
    }
}
