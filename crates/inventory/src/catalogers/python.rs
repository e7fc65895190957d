//! Python distributions: `*.dist-info` and `*.egg-info` as the PyPA specifications *Core metadata*, *Recording
//! installed projects* and *Entry points* state them, and what setuptools wrote before.

use casehard_oci::escape;

use crate::{
    Cataloger, Dependency, Detail, Ecosystem, File, Need, Package, Pieces, PythonDistribution, Reads,
    Requirement, Says, Subject, control,
};

/// Python distributions.
pub static PYTHON: Cataloger = Cataloger {
    name: "python",
    reads: Reads::Paths(&[
        "*.dist-info/METADATA",
        "*.DIST-INFO/METADATA",
        "*.dist-info/RECORD",
        "*.dist-info/INSTALLER",
        "*.dist-info/direct_url.json",
        "*.dist-info/entry_points.txt",
        "*.dist-info/top_level.txt",
        "*.egg-info/PKG-INFO",
        "*.egg-info/METADATA",
        "*.EGG-INFO/PKG-INFO",
        "*.egg-info/installed-files.txt",
        "*.egg-info/entry_points.txt",
        "*.egg-info/top_level.txt",
        "*.egg-info/requires.txt",
        "EGG-INFO/PKG-INFO",
        "EGG-INFO/entry_points.txt",
        "EGG-INFO/top_level.txt",
        "EGG-INFO/requires.txt",
        "*.egg-info",
    ]),
    limit: 32 << 20,
    gives: Ecosystem::Pypi,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let mut said = PythonDistribution::default();
    match file.name() {
        "RECORD" => return record(file, out),
        "installed-files.txt" => return installed_files(file, out),
        "INSTALLER" => said.installer = Some(file.text().trim().to_owned()),
        "requires.txt" => said.requires = requires(&file.text()),
        "direct_url.json" => said.direct_url = direct_url(file.bytes),
        "entry_points.txt" => said.entry_points = entry_points(&file.text()),
        "top_level.txt" => {
            said.modules = file.text().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        }
        _ => return metadata(file, out),
    }
    out.push(Subject::Directory, Says::Python(Box::new(said)));
}

/// Core metadata: header fields up to the first empty line.
fn metadata(file: &File<'_>, out: &mut Pieces) {
    let mut package = Package { ecosystem: Ecosystem::Pypi, ..Package::default() };
    let mut said = PythonDistribution::default();
    let (mut classifiers, mut expression) = (Vec::new(), None);
    let header = control::paragraphs(file.bytes).next().unwrap_or_default();
    for (name, value) in control::fields(header) {
        let value = || control::text(value);
        match name.to_ascii_lowercase().as_slice() {
            b"name" => package.name = value(),
            b"version" => package.version = value(),
            b"summary" => package.summary = Some(value()),
            b"home-page" => package.homepage = Some(value()),
            b"author" => package.supplier = Some(value()),
            b"author-email" if package.supplier.is_none() => package.supplier = Some(value()),
            b"license-expression" => expression = Some(value()),
            b"license" if is_short(&value()) => package.licenses.push(value()),
            b"classifier" => {
                classifiers.extend(
                    value()
                        .strip_prefix("License :: ")
                        .and_then(|rest| rest.rsplit(" :: ").next().map(str::to_owned)),
                );
            }
            b"requires-dist" => package.depends.extend(requires_dist(&value())),
            b"provides-extra" => said.extras.push(value()),
            _ => {}
        }
    }
    if let Some(expression) = expression {
        package.licenses = vec![expression];
    } else if package.licenses.is_empty() {
        package.licenses = classifiers.into_iter().filter(|name| name != "OSI Approved").collect();
    }
    // CPython's own metadata, which some distributions ship, is not a distribution.
    if package.name == "Python" {
        return;
    }
    if package.name.is_empty() || package.version.is_empty() {
        out.unknown("Python metadata without name and version");
        return;
    }
    // A distribution that is one file describes itself; otherwise its directory is what the other files share.
    let subject = match file.name() {
        "METADATA" | "PKG-INFO" => Subject::Directory,
        _ => Subject::File(0),
    };
    package.detail = Detail::Python(Box::new(said));
    out.push(subject.clone(), Says::Package(Box::new(package)));
    out.push(subject, Says::Itself);
}

/// Whether a licence field names a licence; some carry the whole text.
fn is_short(license: &str) -> bool {
    !license.is_empty() && license != "UNKNOWN" && license.len() <= 100 && !license.contains('\n')
}

/// One `Requires-Dist` (PEP 508): `name[extra] (>=1); marker` or `name>=1; marker`.
fn requires_dist(text: &str) -> Option<Dependency> {
    let (requirement, marker) =
        text.split_once(';').map_or((text, None), |(name, marker)| (name, Some(marker.trim())));
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let rest = rest.trim();
    let rest =
        rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(rest, |(_, rest)| rest.trim());
    let versions = rest.trim_start_matches('(').trim_end_matches(')').trim();
    if name.is_empty() {
        return None;
    }
    Some(Dependency {
        need: if marker.is_some_and(|marker| marker.contains("extra")) {
            Need::Optional
        } else {
            Need::Runtime
        },
        alternatives: vec![Requirement { name: name.to_owned(), versions: versions.to_owned() }],
        condition: marker.map(str::to_owned),
    })
}

/// `requires.txt`: a requirement per line, in sections `[extra]`, `[:marker]` or `[extra:marker]`.
fn requires(text: &str) -> Vec<Dependency> {
    let mut section = "";
    let mut needs = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            continue;
        }
        let (extra, marker) = section.split_once(':').unwrap_or((section, ""));
        let Some(mut dependency) = requires_dist(line) else { continue };
        if !extra.is_empty() {
            dependency.need = Need::Optional;
        }
        let extra = (!extra.is_empty()).then(|| format!("extra == \"{extra}\""));
        let parts: Vec<String> =
            extra.into_iter().chain((!marker.is_empty()).then(|| marker.to_owned())).collect();
        dependency.condition = (!parts.is_empty()).then(|| parts.join(" and "));
        needs.push(dependency);
    }
    needs
}

/// `RECORD`: comma-separated values of path, digest, size, relative to the directory that holds the `.dist-info`.
fn record(file: &File<'_>, out: &mut Pieces) {
    let path = |line: &[u8]| -> Option<Vec<u8>> {
        match line {
            [] => None,
            [b'"', rest @ ..] => {
                let mut path = Vec::new();
                let mut bytes = rest.iter().copied().peekable();
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' if bytes.peek() == Some(&b'"') => {
                            bytes.next();
                            path.push(byte);
                        }
                        b'"' => break,
                        _ => path.push(byte),
                    }
                }
                Some(path)
            }
            _ => Some(line[..memchr::memchr(b',', line).unwrap_or(line.len())].to_vec()),
        }
    };
    let paths = file.bytes.split(|byte| *byte == b'\n').filter_map(|line| path(line.trim_ascii()));
    out.push(Subject::Directory, Says::Paths(paths.collect()));
}

/// `installed-files.txt`: paths relative to the `.egg-info` itself.
fn installed_files(file: &File<'_>, out: &mut Pieces) {
    let Some(directory) = file.path.parent().and_then(|parent| parent.file_name().map(<[u8]>::to_vec)) else {
        return;
    };
    let paths =
        file.bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let from_base = |line: &[u8]| [&directory[..], b"/", line].concat();
    out.push(Subject::Directory, Says::Paths(paths.map(from_base).collect()));
}

/// The URL of `direct_url.json`.
fn direct_url(bytes: &[u8]) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    document.get("url")?.as_str().map(|url| escape(url.as_bytes()).into_owned())
}

/// `entry_points.txt`: an INI file of `[group]` and `name = module:attribute [extras]`.
fn entry_points(text: &str) -> Vec<(String, String, String)> {
    let mut points = Vec::new();
    let mut group = "";
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            group = name.trim();
        } else if let Some((name, value)) = line.split_once('=') {
            let target = value.split('[').next().unwrap_or_default().trim();
            points.push((group.to_owned(), name.trim().to_owned(), target.to_owned()));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    #[test]
    fn metadata_becomes_a_package() {
        let text = b"Metadata-Version: 2.1\nName: Flask\nVersion: 2.3.1\nClassifier: License :: OSI Approved :: BSD License\n\
            Requires-Dist: Werkzeug (>=2.3.0)\nRequires-Dist: importlib-metadata[a,b]>=3.6 ; python_version < \"3.10\"\n\
            Requires-Dist: asgiref ; extra == 'async'\nProvides-Extra: async\n\nName: not a field\n";
        let found = packages(&PYTHON, "/usr/lib/python3/dist-packages/Flask-2.3.1.dist-info/METADATA", text);
        let flask = &found[0];
        assert_eq!((flask.name.as_str(), flask.version.as_str()), ("Flask", "2.3.1"));
        assert_eq!(flask.licenses, ["BSD License"]);
        let needs: Vec<_> = flask
            .depends
            .iter()
            .map(|one| {
                (
                    &*one.alternatives[0].name,
                    &*one.alternatives[0].versions,
                    one.need,
                    one.condition.is_some(),
                )
            })
            .collect();
        assert_eq!(
            needs,
            [
                ("Werkzeug", ">=2.3.0", Need::Runtime, false),
                ("importlib-metadata", ">=3.6", Need::Runtime, true),
                ("asgiref", "", Need::Optional, true),
            ]
        );
        let whole =
            b"Name: x\nVersion: 1\nLicense: a very\n  long text\nLicense-Expression: MIT OR Apache-2.0\n";
        assert_eq!(packages(&PYTHON, "/a/x.egg-info", whole)[0].licenses, ["MIT OR Apache-2.0"]);
        assert!(packages(&PYTHON, "/a/Python.egg-info", b"Name: Python\nVersion: 3\n").is_empty());
    }

    #[test]
    fn old_requirements_have_sections() {
        let needs = requires("a>=1\n\n[x]\nb\n\n[:python_version < \"3\"]\nc\n");
        let shown: Vec<_> = needs
            .iter()
            .map(|one| (&*one.alternatives[0].name, one.need, one.condition.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", Need::Runtime, None),
                ("b", Need::Optional, Some("extra == \"x\"")),
                ("c", Need::Runtime, Some("python_version < \"3\"")),
            ]
        );
    }

    #[test]
    fn records_list_files() {
        let text =
            b"flask/__init__.py,sha256=x,1\r\n\"a \"\"b\"\", c.py\",,\n../../../bin/flask,sha256=y,2\n\n";
        let found = pieces(&PYTHON, "/lib/f-1.dist-info/RECORD", text);
        let Says::Paths(paths) = &found[0].says else { panic!("{found:?}") };
        assert_eq!(
            paths.texts().collect::<Vec<_>>(),
            ["flask/__init__.py", "a \"b\", c.py", "../../../bin/flask"]
        );
        let found = pieces(&PYTHON, "/lib/f.egg-info/installed-files.txt", b"../f/a.py\nPKG-INFO\n");
        let Says::Paths(paths) = &found[0].says else { panic!("{found:?}") };
        assert_eq!(paths.texts().collect::<Vec<_>>(), ["f.egg-info/../f/a.py", "f.egg-info/PKG-INFO"]);
    }

    #[test]
    fn entry_points_are_read() {
        let points =
            entry_points("[console_scripts]\nflask = flask.cli:main [dotenv]\n# x\n[other]\na=b.c\n");
        let of = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(points, [of("console_scripts", "flask", "flask.cli:main"), of("other", "a", "b.c")]);
        assert_eq!(direct_url(br#"{"url": "https://x/y.git"}"#).as_deref(), Some("https://x/y.git"));
    }
}
