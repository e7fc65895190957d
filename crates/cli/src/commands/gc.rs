//! `casehard gc`: what is in the cache and nobody uses any more, removed.

use std::time::{Duration, SystemTime};

use casehard_engine::{Keep, Sandbox, Store};
use casehard_image::{KeepBlobs, collect_blobs};

use crate::{Context, Failure, Verdict, cache_age};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Remove what was not used for so long
    #[arg(long, value_name = "DAYS", default_value_t = 30, conflicts_with = "all")]
    unused_for: u64,
    /// Of pulled blobs, unpacked images, built images and downloaded packages each, keep no more than this, what was used last
    #[arg(long, value_name = "MB")]
    keep: Option<u64>,
    /// Remove everything that is not in use
    #[arg(long)]
    all: bool,
}

/// A blob takes less than this to be pulled, and an image to be built.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let cache = context.cache()?;
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(context.now()).unwrap_or(0));
    let age = Duration::from_secs(arguments.unused_for.saturating_mul(24 * 60 * 60));
    let before = |age| now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
    // Everything that was used up to now.
    let since = if arguments.all { now + Duration::from_secs(1) } else { before(age) };
    let bytes = arguments.keep.map(|megabytes| megabytes.saturating_mul(1_000_000));
    let keep = KeepBlobs { bytes, since: Some(since), abandoned: Some(before(ABANDONED)) };
    let blobs = collect_blobs(&cache, &keep)
        .map_err(|error| Failure::cannot("failed to tidy the blobs that were pulled", &error))?;
    context.say(format_args!("{} blobs, {} MB", blobs.blobs, blobs.bytes / 1_000_000));

    if cache.join("store").is_dir() {
        let store = Store::open(&cache.join("store"))
            .map_err(|error| Failure::cannot("failed to open the store of unpacked images", &error))?;
        let sandbox = Sandbox::new(store).map_err(|error| {
            Failure::cannot("failed to tidy the store of unpacked images", &error)
                .hint("unpacked images belong to users of a user namespace, and only there they can be removed")
        })?;
        let roots = sandbox
            .store()
            .collect(&Keep { bytes, since: Some(since) }, sandbox.namespace())
            .map_err(|error| Failure::cannot("failed to tidy the store of unpacked images", &error))?;
        context.say(format_args!("{} unpacked images, {} MB", roots.roots, roots.bytes / 1_000_000));
        context.say(format_args!("{} folders that killed runs left", roots.leftovers));
    }

    let stays = cache_age::Stays { since, begun_since: before(ABANDONED), bytes };
    let folders = [
        ("built", "images built from recipes"),
        ("packages/sha256", "downloaded packages"),
        ("snapshot", "unpacked snapshots of advisories"),
    ];
    for (folder, what) in folders {
        let removed = cache_age::remove_unused(&cache.join(folder), &stays)
            .map_err(|error| Failure::cannot(format_args!("failed to tidy the {what}"), &error))?;
        context.say(format_args!("{} {what}, {} MB", removed.count, removed.bytes / 1_000_000));
    }
    Ok(Verdict::Good)
}
