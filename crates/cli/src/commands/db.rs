//! `casehard db`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use casehard_vuln::{Store, snapshot_in, store::Status, update};

use crate::{Context, Failure, Verdict, store_files};

/// Which advisory store.
#[derive(Debug, clap::Args)]
pub struct StoreArguments {
    /// The advisory store [default: advisories.store in the cache folder]
    #[arg(long, value_name = "FILE", env = "CASEHARD_DB", global = true)]
    db: Option<PathBuf>,
}

impl StoreArguments {
    fn path(&self, context: &Context) -> Result<PathBuf, Failure> {
        self.db.clone().map_or_else(|| Ok(context.cache()?.join("advisories.store")), Ok)
    }

    /// Opens the store; without one, the snapshot that comes with the program.
    pub fn open(&self, context: &Context) -> Result<Store, Failure> {
        let path = self.path(context)?;
        let store = match path.parent() {
            Some(cache) if self.db.is_none() && !path.exists() => snapshot_in(&cache.join("snapshot")),
            _ => Store::open(&path),
        };
        store.map_err(|error| Failure::cannot("failed to use the advisories", &error).hint("run `casehard db update`, or `casehard db import` with copies of feeds"))
    }
}

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Fetch what changed at the publishers, and build the store anew
    Update {
        /// Only these groups: osv, debian, alpine, amazon, oracle, redhat, nvd, kev, epss, endoflife, ruby, php, node, retire
        #[arg(long, value_name = "GROUP", value_delimiter = ',')]
        only: Vec<String>,
        /// A mirror of the folder of copies, instead of the publishers
        #[arg(long, value_name = "URL")]
        mirror: Option<String>,
        /// The folder of copies [default: feeds in the cache folder]
        #[arg(long, value_name = "DIR")]
        feeds: Option<PathBuf>,
        /// Seconds one feed may take
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        timeout: u64,
    },
    /// Build the store from copies of feeds (folders, archives, files), or take one that was exported. Other sources are kept
    Import {
        /// The copies, or an exported store
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Keep nothing of the old store
        #[arg(long)]
        fresh: bool,
        /// Take an exported store only if it is signed by this public key (PEM)
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
    },
    /// Write the store to a file, for a place without network
    Export {
        /// The file
        file: PathBuf,
        /// Sign it with this private key (PKCS#8 PEM, Ed25519 or P-256); the signature stands in FILE.sig.json
        #[arg(long, value_name = "FILE")]
        sign: Option<PathBuf>,
    },
    /// Say what the store holds, from where, and how old it is
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let today = context.today().ok_or_else(|| Failure::usage("the clock cannot be read"))?;
    match &arguments.action {
        Action::Update { only, mirror, feeds, timeout } => {
            let folder = feeds.clone().map_or_else(|| Ok::<_, Failure>(context.cache()?.join("feeds")), Ok)?;
            let options = update::Options {
                mirror: mirror.as_deref(),
                today: &today,
                timeout: Duration::from_secs(*timeout),
                user_agent: concat!("casehard/", env!("CARGO_PKG_VERSION")),
            };
            fetch(only, &folder, &arguments.store.path(context)?, &options, context)
        }
        Action::Import { paths, fresh, trust } => store_files::import_into(paths, *fresh, trust.as_deref(), &arguments.store.path(context)?, &today, context),
        Action::Export { file, sign } => store_files::export(&arguments.store.open(context)?, file, sign.as_deref(), context),
        Action::Status { json } => {
            let store = arguments.store.open(context)?;
            store.verify().map_err(|error| Failure::cannot("failed to check the store", &error))?;
            let status = store.status().map_err(|error| Failure::cannot("failed to read the store", &error))?;
            let text = if *json { format!("{}\n", serde_json::to_string_pretty(&status).unwrap_or_default()) } else { describe(&status) };
            context.out().write_all(text.as_bytes())?;
            Ok(Verdict::Good)
        }
    }
}

fn fetch(only: &[String], folder: &Path, store: &Path, options: &update::Options, context: &Context) -> Result<Verdict, Failure> {
    let year = options.today.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026);
    let mut feeds = update::feeds(year);
    if let Some(unknown) = only.iter().find(|group| feeds.iter().all(|feed| feed.group != **group)) {
        return Err(Failure::usage(format_args!("there is no group of feeds {unknown}")));
    }
    feeds.retain(|feed| only.is_empty() || only.iter().any(|group| group == feed.group));
    let failed = |error: &update::FolderError| Failure::cannot("failed to update", error);
    let updated = update::update(folder, &feeds, options, &mut |feed| context.say(format_args!("asking for {}", feed.file))).map_err(|error| failed(&error))?;
    for feed in &updated.failed {
        let kept = if feed.kept { "the old copy is kept" } else { "there is no copy" };
        context.say(format_args!("not fetched: {}: {}; {kept}", feed.file, feed.reason));
    }
    let old = Store::open(store).ok();
    update::rebuild(folder, store, old.as_ref(), options.today).map_err(|error| failed(&error))?;
    context.say(format_args!("{} feeds fetched, {} unchanged, {} failed", updated.fetched.len(), updated.unchanged.len(), updated.failed.len()));
    if updated.fetched.is_empty() && updated.unchanged.is_empty() {
        return Err(Failure::usage("no feed could be fetched").hint("pass --mirror URL, or copies of feeds to `casehard db import`"));
    }
    Ok(if updated.failed.is_empty() { Verdict::Good } else { Verdict::No })
}

/// The store for people.
fn describe(status: &Status) -> String {
    let kind = if status.meta.snapshot { "the partial snapshot that comes with the program" } else { "store" };
    let mut text = format!("{kind}, built {}: {} packages, {} ids, {} bytes\n", status.meta.built, status.packages, status.ids, status.bytes);
    for source in &status.meta.sources {
        let date = source.date.as_deref().unwrap_or("no date");
        text.push_str(&format!("  {:<16} {date:<10} {:>8} records  {} ({})\n", source.name, source.records, source.publisher, source.licence));
        source.caveats.iter().for_each(|caveat| text.push_str(&format!("    {caveat}\n")));
    }
    text
}
