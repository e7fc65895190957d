//! Whom to trust, and who to be: the certificates of one registry (`containers-certs.d(5)`; Docker has the same).

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig};

use super::RegistryError;
use crate::Registries;

/// Files in PEM.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The authorities that are given for all registries, or for this one; the machine's, when there are none.
    pub authorities: Vec<PathBuf>,
    /// A certificate and its key, to be known by.
    client: Option<(PathBuf, PathBuf)>,
}

/// The files that are for a registry: those of the first folder that has any.
pub(super) fn files(registries: &Registries, host: &str) -> Result<Files, RegistryError> {
    let mut found = Files::default();
    for folder in &registries.certificate_folders {
        let folder = folder.join(host);
        let wrong = |error: &io::Error| wrong(&folder, error.to_string());
        let entries = match fs::read_dir(&folder) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                continue;
            }
            entries => entries.map_err(|error| wrong(&error))?,
        };
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry.map_err(|error| wrong(&error))?.path());
        }
        files.sort();
        let is = |path: &PathBuf, kind: &str| path.extension() == Some(OsStr::new(kind));
        found.authorities = files.iter().filter(|path| is(path, "crt")).cloned().collect();
        if let Some(certificate) = files.iter().find(|path| is(path, "cert")) {
            found.client = Some((certificate.clone(), certificate.with_extension("key")));
        }
        if found.client.is_some() || !found.authorities.is_empty() {
            break;
        }
    }
    if !registries.certificates.is_empty() {
        found.authorities.clone_from(&registries.certificates);
    }
    Ok(found)
}

pub(super) fn config(files: &Files) -> Result<TlsConfig, RegistryError> {
    let roots = if files.authorities.is_empty() {
        RootCerts::PlatformVerifier
    } else {
        let mut all = Vec::new();
        for path in &files.authorities {
            all.extend(certificates(path)?);
        }
        RootCerts::from(all)
    };
    let client = match &files.client {
        None => None,
        Some((certificate, key)) => {
            let bytes = fs::read(key).map_err(|error| wrong(key, error.to_string()))?;
            let key = PrivateKey::from_pem(&bytes).map_err(|error| wrong(key, error.to_string()))?;
            Some(ClientCert::new_with_certs(&certificates(certificate)?, key))
        }
    };
    Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, RegistryError> {
    let pem = fs::read(path).map_err(|error| wrong(path, error.to_string()))?;
    let mut certificates = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(path, error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(wrong(path, "it has no certificate in PEM".to_owned()));
    }
    Ok(certificates)
}

fn wrong(file: &Path, why: String) -> RegistryError {
    RegistryError::Configuration { file: file.display().to_string(), why }
}
