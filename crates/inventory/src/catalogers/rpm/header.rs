//! The header of a package as databases store it (RPM manual, *Package format*, header structure).

use crate::{
    Dependency, Detail, Ecosystem, FileDigest, Names, Need, Package, Pieces, Requirement, RpmPackage, Says,
    SourcePackage,
};

use super::four;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const SUMMARY: u32 = 1004;
const VENDOR: u32 = 1011;
const LICENSE: u32 = 1014;
const URL: u32 = 1020;
const ARCH: u32 = 1022;
const OLD_FILE_NAMES: u32 = 1027;
const FILE_STATES: u32 = 1029;
const FILE_DIGESTS: u32 = 1035;
const FILE_FLAGS: u32 = 1037;
const SOURCE_RPM: u32 = 1044;
const FILE_VERIFY_FLAGS: u32 = 1045;
const PROVIDE_NAME: u32 = 1047;
const REQUIRE_NAME: u32 = 1049;
const DIRECTORY_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIRECTORY_NAMES: u32 = 1118;
const MODULARITY_LABEL: u32 = 5096;

/// `RPMFILE_GHOST`: the package owns the path, and does not bring the file.
const GHOST: u32 = 1 << 6;
/// `RPMFILE_CONFIG`: a person may change it.
const CONFIG: u32 = 1;
/// `RPMVERIFY_FILEDIGEST`: the digest is to be verified.
const VERIFY_DIGEST: u32 = 1;
/// More entries than this make no header.
const MOST_ENTRIES: usize = 1 << 16;

/// An index of entries (tag, type, offset, count) and the data they point to.
struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(blob: &'a [u8]) -> Option<Self> {
        let number = |at| Some(u32::from_be_bytes(four(blob, at)?) as usize);
        let (entries, size) = (number(0)?, number(4)?);
        if entries > MOST_ENTRIES {
            return None;
        }
        let (index, data) = blob.get(8..)?.split_at_checked(entries * 16)?;
        Some(Self { index, data: data.get(..size)? })
    }

    /// The data of a tag from its offset on, and how many values it has.
    fn find(&self, tag: u32) -> Option<(&'a [u8], usize)> {
        let entry = self.index.chunks_exact(16).find(|entry| entry[..4] == tag.to_be_bytes())?;
        let offset = u32::from_be_bytes(four(entry, 8)?) as usize;
        Some((self.data.get(offset..)?, u32::from_be_bytes(four(entry, 12)?) as usize))
    }

    fn strings(&self, tag: u32) -> Vec<&'a [u8]> {
        let Some((data, count)) = self.find(tag) else { return Vec::new() };
        data.split(|byte| *byte == 0).take(count.min(data.len())).collect()
    }

    fn numbers(&self, tag: u32) -> Vec<u32> {
        let Some((data, count)) = self.find(tag) else { return Vec::new() };
        data.chunks_exact(4)
            .take(count)
            .filter_map(|bytes| Some(u32::from_be_bytes(four(bytes, 0)?)))
            .collect()
    }

    fn text(&self, tag: u32) -> Option<String> {
        let text = String::from_utf8_lossy(self.strings(tag).first()?).into_owned();
        (!text.is_empty() && text != "(none)").then_some(text)
    }
}

/// Reads a header into a package; `None` when it is broken. Keys in the database are no packages.
pub(super) fn package(blob: &[u8], out: &mut Pieces) -> Option<()> {
    let header = Header::parse(blob)?;
    let name = header.text(NAME)?;
    if name == "gpg-pubkey" {
        return Some(());
    }
    let version = [header.text(VERSION)?, header.text(RELEASE).unwrap_or_default()].join("-");
    let epoch = header.numbers(EPOCH).first().copied().filter(|epoch| *epoch > 0);
    let requirement = |name: &[u8]| Requirement {
        name: String::from_utf8_lossy(name).into_owned(),
        versions: String::new(),
    };
    let requires = header.strings(REQUIRE_NAME).into_iter().filter(|name| !name.starts_with(b"rpmlib("));
    let package = Package {
        ecosystem: Ecosystem::Rpm,
        name,
        version: epoch.map_or_else(|| version.clone(), |epoch| format!("{epoch}:{version}")),
        architecture: header.text(ARCH),
        source: header.text(SOURCE_RPM).as_deref().and_then(source_package),
        licenses: header.text(LICENSE).into_iter().collect(),
        summary: header.text(SUMMARY),
        supplier: header.text(VENDOR),
        homepage: header.text(URL),
        depends: requires
            .map(|name| Dependency {
                need: Need::Runtime,
                alternatives: vec![requirement(name)],
                condition: None,
            })
            .collect(),
        provides: header.strings(PROVIDE_NAME).into_iter().map(requirement).collect(),
        detail: header
            .text(MODULARITY_LABEL)
            .map_or(Detail::None, |label| Detail::Rpm(Box::new(RpmPackage { modularity: Some(label) }))),
        ..Package::default()
    };
    let (files, ghosts, digests) = files(&header);
    let subject = out.package(package);
    out.push(subject.clone(), Says::Paths(files));
    if !ghosts.is_empty() {
        out.push(subject.clone(), Says::Perhaps(ghosts));
    }
    if !digests.is_empty() {
        out.push(subject, Says::Digests(digests));
    }
    Some(())
}

type Digests = Box<[(Box<[u8]>, FileDigest)]>;

/// The files it brings, the paths it merely owns, and the digests of what nobody is to change.
fn files(header: &Header<'_>) -> (Names, Names, Digests) {
    let directories = header.strings(DIRECTORY_NAMES);
    let indexes = header.numbers(DIRECTORY_INDEXES);
    let flags = header.numbers(FILE_FLAGS);
    let mut paths: Vec<Vec<u8>> = header
        .strings(BASE_NAMES)
        .iter()
        .zip(&indexes)
        .map(|(name, index)| [directories.get(*index as usize).copied().unwrap_or_default(), name].concat())
        .collect();
    if paths.is_empty() {
        paths = header.strings(OLD_FILE_NAMES).into_iter().map(<[u8]>::to_vec).collect();
    }
    let is_ghost = |at: usize| flags.get(at).is_some_and(|flags| flags & GHOST != 0);
    let pick = |ghost: bool| -> Names {
        let those = paths.iter().enumerate().filter(|(at, _)| is_ghost(*at) == ghost);
        those.map(|(_, path)| path.strip_prefix(b"/").unwrap_or(path)).collect()
    };
    (pick(false), pick(true), digests(header, &paths, &flags))
}

/// The digests of the files that are installed, to be verified, and no configuration.
fn digests(header: &Header<'_>, paths: &[Vec<u8>], flags: &[u32]) -> Digests {
    let verify = header.numbers(FILE_VERIFY_FLAGS);
    // One byte each, 0 for what is there: an own file may be replaced by another package's, or left out.
    let states = header.find(FILE_STATES).map(|(data, count)| &data[..count.min(data.len())]);
    let counts = |at: usize| {
        flags.get(at).is_none_or(|flags| flags & (CONFIG | GHOST) == 0)
            && verify.get(at).is_none_or(|verify| verify & VERIFY_DIGEST != 0)
            && states.and_then(|states| states.get(at)).is_none_or(|state| *state == 0)
    };
    let digests = header.strings(FILE_DIGESTS).into_iter().zip(paths).enumerate();
    digests
        .filter(|(at, _)| counts(*at))
        .filter_map(|(_, (digest, path))| {
            Some((path.strip_prefix(b"/").unwrap_or(path).into(), FileDigest::from_hex(digest)?))
        })
        .collect()
}

/// `name-version-release.src.rpm`; the name may hold hyphens.
pub(crate) fn source_package(file: &str) -> Option<SourcePackage> {
    let stem = file.strip_suffix(".rpm")?;
    let stem = stem.strip_suffix(".src").or_else(|| stem.strip_suffix(".nosrc")).unwrap_or(stem);
    let (rest, release) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some(SourcePackage { name: name.to_owned(), version: format!("{version}-{release}") })
}

#[cfg(test)]
pub(super) mod test {
    use super::*;

    /// A header of these tags: type 4 is numbers, 6 a string, 8 strings.
    pub fn build(strings: &[(u32, &[&str])], numbers: &[(u32, &[u32])]) -> Vec<u8> {
        let (mut index, mut data) = (Vec::new(), Vec::new());
        let mut entry = |tag: u32, kind: u32, at: usize, count: usize| {
            for number in [tag, kind, at as u32, count as u32] {
                index.extend(number.to_be_bytes());
            }
        };
        for (tag, values) in numbers {
            entry(*tag, 4, data.len(), values.len());
            values.iter().for_each(|value| data.extend(value.to_be_bytes()));
        }
        for (tag, values) in strings {
            entry(*tag, if values.len() == 1 { 6 } else { 8 }, data.len(), values.len());
            values.iter().for_each(|value| data.extend([value.as_bytes(), b"\0"].concat()));
        }
        let count = (strings.len() + numbers.len()) as u32;
        [&count.to_be_bytes()[..], &(data.len() as u32).to_be_bytes(), &index, &data].concat()
    }

    /// A package of one file.
    pub fn bash() -> Vec<u8> {
        build(
            &[
                (NAME, &["bash"]),
                (VERSION, &["5.1.8"]),
                (RELEASE, &["9.el9"]),
                (ARCH, &["x86_64"]),
                (SOURCE_RPM, &["bash-5.1.8-9.el9.src.rpm"]),
                (REQUIRE_NAME, &["rpmlib(x)", "libc.so.6"]),
                (BASE_NAMES, &["bash", "bash.log"]),
                (DIRECTORY_NAMES, &["/usr/bin/", "/var/log/"]),
                (FILE_DIGESTS, &["d41d8cd98f00b204e9800998ecf8427e", ""]),
                (MODULARITY_LABEL, &["shell:5:820:abc"]),
            ],
            &[(EPOCH, &[1]), (DIRECTORY_INDEXES, &[0, 1]), (FILE_FLAGS, &[0, GHOST])],
        )
    }

    #[test]
    fn headers_become_packages() {
        let mut out = Pieces::default();
        package(&bash(), &mut out).unwrap();
        let Says::Package(found) = &out.pieces[0].says else { panic!() };
        assert_eq!((found.name.as_str(), found.version.as_str()), ("bash", "1:5.1.8-9.el9"));
        assert_eq!(found.source, Some(SourcePackage { name: "bash".into(), version: "5.1.8-9.el9".into() }));
        assert_eq!(found.depends.len(), 1);
        assert!(
            matches!(&found.detail, Detail::Rpm(rpm) if rpm.modularity.as_deref() == Some("shell:5:820:abc"))
        );
        assert!(matches!(&out.pieces[1].says, Says::Paths(paths) if paths.texts().eq(["usr/bin/bash"])));
        assert!(
            matches!(&out.pieces[2].says, Says::Perhaps(paths) if paths.texts().eq(["var/log/bash.log"]))
        );
        let Says::Digests(digests) = &out.pieces[3].says else { panic!() };
        assert_eq!(digests.len(), 1);
        assert_eq!(&*digests[0].0, b"usr/bin/bash");
        let whole = bash();
        for cut in 0..whole.len() {
            let _ = package(&whole[..cut], &mut Pieces::default());
        }
    }

    #[test]
    fn digests_are_of_what_nobody_changes() {
        let sum: &str = &"ab".repeat(32);
        let sums = [sum, sum, sum, sum, "", "beef"];
        let header = |flags: &[u32], verify: &[u32]| {
            build(
                &[
                    (BASE_NAMES, &["a", "b", "c", "d", "e", "f"]),
                    (DIRECTORY_NAMES, &["/x/"]),
                    (FILE_DIGESTS, &sums),
                ],
                &[
                    (DIRECTORY_INDEXES, &[0; 6]),
                    (FILE_FLAGS, flags),
                    (FILE_VERIFY_FLAGS, verify),
                    (FILE_STATES, &[0, 0]),
                ],
            )
        };
        let named = |blob: &[u8]| {
            let found = files(&Header::parse(blob).unwrap()).2;
            found.iter().map(|(path, _)| String::from_utf8_lossy(path).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named(&header(&[0, CONFIG, GHOST, 2, 0, 0], &[!0; 6])), ["x/a", "x/d"]);
        assert_eq!(named(&header(&[0; 6], &[!1, !0, 0, !0, !0, !0])), ["x/b", "x/d"]);
        // The fourth byte of the first number is the state of the fourth file.
        let replaced = build(
            &[
                (BASE_NAMES, &["a", "b", "c", "d", "e", "f"]),
                (DIRECTORY_NAMES, &["/x/"]),
                (FILE_DIGESTS, &sums),
            ],
            &[(DIRECTORY_INDEXES, &[0; 6]), (FILE_STATES, &[1, 0, 0, 0])],
        );
        assert_eq!(named(&replaced), ["x/a", "x/b", "x/c"]);
    }

    #[test]
    fn source_names_hold_hyphens() {
        let source = source_package("java-17-openjdk-17.0.9-1.el9.src.rpm").unwrap();
        assert_eq!((source.name.as_str(), source.version.as_str()), ("java-17-openjdk", "17.0.9-1.el9"));
        assert_eq!(source_package("(none)"), None);
    }
}
