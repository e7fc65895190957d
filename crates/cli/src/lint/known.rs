//! What is known beside the files: images and profiles that were given, what Compose files build, digests of registries.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use casehard_finding::Subject;
use casehard_profile::Profile;
use casehard_rules::{
    Evidence, ImageFacts, extended_files, image_key, image_shell, service_builds, unpinned,
};

use super::{Configs, Source};
use crate::{Context, Failure};

/// `NAME=PLACE`: an image, by the name that files call it, and where more is known of it.
#[derive(Debug, Clone)]
pub struct Named {
    name: String,
    place: String,
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, place) = text
            .split_once('=')
            .filter(|(name, place)| !name.is_empty() && !place.is_empty())
            .ok_or("write NAME=…, with the image's name (or the service's) as the files have it")?;
        Ok(Self { name: name.to_owned(), place: place.to_owned() })
    }
}

/// What is known beside the files.
#[derive(Debug, Default)]
pub struct Known {
    shared: Evidence,
    /// Given for a service of a Compose file rather than for an image.
    given: BTreeMap<String, ImageFacts>,
    profiles: Vec<(String, Profile)>,
}

impl Known {
    /// Gathers what the options, the configuration and the Compose files among `sources` tell of images.
    pub fn gather(
        sources: &[Source],
        configs: &Configs,
        images: &[Named],
        profiles: &[Named],
        context: &Context,
    ) -> Result<Self, Failure> {
        let mut known = Self::default();
        for (name, dockerfile) in configs.images()? {
            if let Some(facts) = facts_of(&dockerfile, None) {
                known.shared.images.insert(image_key(&name), facts);
            }
        }
        for source in sources.iter().filter(|source| source.subject == Subject::Compose) {
            for (_, name, facts) in built(source) {
                if let Some(name) = name {
                    known.shared.images.insert(image_key(&name), facts);
                }
            }
        }
        for image in images {
            let opened = context.open(&image.place, None)?;
            if sources.iter().any(|source| source.subject == Subject::Dockerfile)
                && let Some(shell) = shell_of(&opened, &image.place)?
            {
                known.shared.shells.insert(image.name.clone(), shell);
            }
            let facts = ImageFacts::of_image(format!("image {}", image.place), &opened);
            known.shared.images.insert(image_key(&image.name), facts.clone());
            known.given.insert(image.name.clone(), facts);
        }
        for profile in profiles {
            let read = crate::commands::read_profile(Path::new(&profile.place))?;
            let source = format!("profile {}", profile.place);
            let fresh = || ImageFacts { source: source.clone(), ..ImageFacts::default() };
            known.shared.images.entry(image_key(&profile.name)).or_insert_with(fresh).learn(&read);
            known.profiles.push((profile.name.clone(), read));
        }
        Ok(known)
    }

    /// Asks registries for the digests of what `sources` name without one. What cannot be answered is told.
    pub fn ask_registries(&mut self, sources: &[Source], context: &Context) {
        let asked: BTreeSet<String> =
            sources.iter().flat_map(|source| unpinned(source.subject, &source.bytes)).collect();
        for reference in asked {
            match context.registry_digest(&reference) {
                Ok(digest) => drop(self.shared.digests.insert(reference, digest)),
                Err(failure) => context.say(format_args!("{reference} is not pinned: {}", failure.message())),
            }
        }
    }

    /// What is known for one file.
    pub fn of(&self, source: &Source) -> Arc<Evidence> {
        let mut evidence = self.shared.clone();
        if source.subject == Subject::Compose {
            evidence.files = others(source);
            evidence.overridden = overridden(source);
            evidence.services.extend(built(source).into_iter().map(|(service, _, facts)| (service, facts)));
            evidence.services.extend(self.given.clone());
            for (name, profile) in &self.profiles {
                if let Some(facts) = evidence.services.get_mut(name) {
                    facts.learn(profile);
                }
            }
        }
        evidence.into()
    }
}

/// What `/bin/sh` is in an image: all of it is read for that, as later layers may change it.
fn shell_of(image: &casehard_image::Image, place: &str) -> Result<Option<&'static str>, Failure> {
    let read = casehard_image::read(image, &());
    let (tree, _) =
        read.map_err(|error| Failure::cannot(format_args!("failed to read the image {place}"), &error))?;
    Ok(image_shell(&tree))
}

/// What a Compose file builds from Dockerfiles that are there: service, name of the image, facts.
fn built(source: &Source) -> Vec<(String, Option<String>, ImageFacts)> {
    let folder = source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let facts = |build: casehard_rules::ServiceBuild| {
        let place = folder.join(&build.context).join(&build.dockerfile);
        Some((build.service, build.image, facts_of(&place, build.target.as_deref())?))
    };
    service_builds(&source.bytes).into_iter().filter_map(facts).collect()
}

/// Files that files extend, and so on: not more than this.
const MOST_OTHERS: usize = 64;

/// The Compose files that one extends, and those that they do.
fn others(source: &Source) -> BTreeMap<String, Arc<[u8]>> {
    let folder = source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let mut found = BTreeMap::new();
    let mut waiting = extended_files("", &source.bytes);
    while let Some(path) = waiting.pop() {
        if found.len() >= MOST_OTHERS || found.contains_key(&path) || path.contains('$') {
            continue;
        }
        let Some(bytes) = small(&folder.join(&path)) else { continue };
        let inner = path.rsplit_once('/').map_or("", |(inner, _)| inner);
        waiting.extend(extended_files(inner, &bytes));
        found.insert(path, bytes.into());
    }
    found
}

/// The Compose file that an override file is laid over.
fn overridden(source: &Source) -> Option<Arc<[u8]>> {
    if let Some(base) = &source.base {
        return small(base).map(Into::into);
    }
    let path = source.path.as_deref()?;
    let name = path.file_name()?.to_str()?;
    if !name.contains("compose.override.") {
        return None;
    }
    let bases = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    bases.iter().find_map(|base| small(&path.with_file_name(base))).map(Into::into)
}

/// Bytes of a file beside another one; larger ones are none of the kind.
const LARGEST: u64 = 4 << 20;

fn facts_of(dockerfile: &Path, target: Option<&str>) -> Option<ImageFacts> {
    let bytes = small(dockerfile)?;
    let shown: PathBuf =
        dockerfile.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    ImageFacts::of_dockerfile(format!("Dockerfile {}", shown.display()), &bytes, target)
}

/// The bytes of a regular file that is not too large.
pub fn small(path: &Path) -> Option<Vec<u8>> {
    let fits =
        fs::metadata(path).ok().is_some_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST);
    fits.then(|| fs::read(path).ok())?
}
