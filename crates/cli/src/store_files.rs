//! Advisory stores as files: built from copies of feeds, taken from others, and handed on.

use std::path::{Path, PathBuf};

use casehard_vuln::{Store, import, store::Builder};

use crate::{Context, Failure, Verdict, output_file, signed_store};

/// Builds the store at `path` from copies of feeds and exported stores; what the old one holds of other sources is kept.
pub fn import_into(
    paths: &[PathBuf],
    fresh: bool,
    trust: Option<&Path>,
    path: &Path,
    today: &str,
    context: &Context,
) -> Result<Verdict, Failure> {
    let failed =
        |error: &(dyn std::error::Error + 'static)| Failure::cannot("failed to build the store", error);
    let (stores, feeds): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.iter().partition(|path| Store::is_store(path));
    if trust.is_some() && !feeds.is_empty() {
        return Err(Failure::usage(format_args!(
            "{} is no exported store, so nobody signed it",
            feeds[0].display()
        ))
        .hint("--trust goes with exported stores alone"));
    }
    let mut given = Vec::new();
    for store in &stores {
        if let Some(key) = trust {
            signed_store::verify(store, key)?;
        }
        let opened = Store::open(store).map_err(|error| failed(&error))?;
        opened.verify().map_err(|error| failed(&error))?;
        given.push(opened);
    }
    let old =
        if !fresh && path.exists() { Some(Store::open(path).map_err(|error| failed(&error))?) } else { None };
    let mut builder = match (given.first(), feeds.is_empty()) {
        // A store that is only taken is as old as it was.
        (Some(first), true) => Builder::new(&first.meta().built),
        _ => Builder::new(today),
    };
    let feeds: Vec<PathBuf> = feeds.into_iter().cloned().collect();
    let imported = import::import(&mut builder, &feeds, today).map_err(|error| failed(&error))?;
    for store in given.iter().chain(&old) {
        builder.carry(store).map_err(|error| failed(&error))?;
    }
    let bytes = builder.write(path).map_err(|error| failed(&error))?;
    context.say(format_args!(
        "{} documents read, {} stores taken, {bytes} bytes written to {}",
        imported.read,
        given.len(),
        path.display()
    ));
    imported.unread.iter().for_each(|line| context.say(format_args!("not read: {line}")));
    Ok(if imported.damaged > 0 { Verdict::No } else { Verdict::Good })
}

/// Writes a store to a file, and a signature beside it.
pub fn export(
    store: &Store,
    file: &Path,
    sign: Option<&Path>,
    context: &Context,
) -> Result<Verdict, Failure> {
    store.verify().map_err(|error| Failure::cannot("failed to export", &error))?;
    output_file::write(file, store.as_bytes())?;
    if let Some(key) = sign {
        signed_store::sign(file, store, key)?;
    }
    context.say(format_args!("sha256:{}", store.digest()));
    Ok(Verdict::Good)
}
