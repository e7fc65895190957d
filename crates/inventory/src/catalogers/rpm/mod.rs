//! RPM: the package database in each of its forms, and the manifests of images without one.

mod bdb;
mod header;
mod manifest;
mod ndb;
mod sqlite;

use crate::{Cataloger, Ecosystem, File, Pieces, Reads};

pub(crate) use header::source_package as source_rpm;

/// RPM packages.
pub static RPM: Cataloger = Cataloger {
    name: "rpm",
    reads: Reads::Paths(&[
        "var/lib/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "usr/share/rpm/rpmdb.sqlite",
        "var/lib/rpm/Packages.db",
        "usr/lib/sysimage/rpm/Packages.db",
        "usr/share/rpm/Packages.db",
        "var/lib/rpm/Packages",
        "usr/lib/sysimage/rpm/Packages",
        "usr/share/rpm/Packages",
        "var/lib/rpmmanifest/container-manifest-2",
    ]),
    limit: 1 << 30,
    gives: Ecosystem::Rpm,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let blobs = match file.name() {
        "container-manifest-2" => return manifest::parse(&file.text(), out),
        "rpmdb.sqlite" => sqlite::blobs(file.bytes, "Packages"),
        "Packages.db" => ndb::blobs(file.bytes),
        _ => bdb::blobs(file.bytes),
    };
    match blobs {
        Ok(blobs) => {
            for blob in blobs {
                if header::package(&blob, out).is_none() {
                    out.unknown("broken package header in the RPM database");
                }
            }
        }
        Err(broken) => out.unknown(format!("RPM database: {broken}")),
    }
}

/// Why a database could not be read: a lower-case fragment.
type Broken = &'static str;

/// Databases repeat no more of their bytes than this, so that pages that are shared by many records do not unpack
/// without end.
fn budget(database: &[u8]) -> usize {
    database.len().saturating_mul(2)
}

/// Four bytes at an offset.
fn four(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok()
}
