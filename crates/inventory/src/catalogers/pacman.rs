//! pacman: `var/lib/pacman/local/NAME-VERSION/{desc,files}`.

use crate::{
    Cataloger, Dependency, Ecosystem, File, Need, Package, Pieces, Reads, Requirement, Says, SourcePackage,
    Subject,
};

/// Arch packages.
pub static PACMAN: Cataloger = Cataloger {
    name: "pacman",
    reads: Reads::Paths(&["var/lib/pacman/local/*/desc", "var/lib/pacman/local/*/files"]),
    limit: 64 << 20,
    gives: Ecosystem::Alpm,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let text = file.text();
    if file.name() == "files" {
        let paths = section(&text, "%FILES%").map(|path| path.trim_end_matches('/'));
        return out.push(Subject::Directory, Says::Paths(paths.collect()));
    }
    let one = |name: &str| section(&text, name).next().map(str::to_owned);
    let requirement = |word: &str| {
        let end = word.find(['<', '>', '=']).unwrap_or(word.len());
        Requirement { name: word[..end].to_owned(), versions: word[end..].to_owned() }
    };
    let (Some(name), Some(version)) = (one("%NAME%"), one("%VERSION%")) else {
        return out.unknown("pacman description without name and version");
    };
    let package = Package {
        ecosystem: Ecosystem::Alpm,
        source: one("%BASE%")
            .filter(|base| *base != name)
            .map(|base| SourcePackage { name: base, version: version.clone() }),
        name,
        version,
        architecture: one("%ARCH%"),
        licenses: section(&text, "%LICENSE%").map(str::to_owned).collect(),
        summary: one("%DESC%"),
        supplier: one("%PACKAGER%"),
        homepage: one("%URL%"),
        depends: section(&text, "%DEPENDS%")
            .map(|word| Dependency {
                need: Need::Runtime,
                alternatives: vec![requirement(word)],
                condition: None,
            })
            .collect(),
        provides: section(&text, "%PROVIDES%").map(requirement).collect(),
        ..Package::default()
    };
    out.push(Subject::Directory, Says::Package(Box::new(package)));
}

/// The lines after a heading up to an empty one.
fn section<'a>(text: &'a str, heading: &'a str) -> impl Iterator<Item = &'a str> {
    let mut lines = text.lines().skip_while(move |line| *line != heading);
    lines.next();
    lines.take_while(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    #[test]
    fn descriptions_and_files() {
        let desc = b"%NAME%\ngcc-libs\n\n%VERSION%\n13.2-3\n\n%BASE%\ngcc\n\n%ARCH%\nx86_64\n\n%DEPENDS%\nglibc>=2.27\n";
        let found = packages(&PACMAN, "/var/lib/pacman/local/gcc-libs-13.2-3/desc", desc);
        assert_eq!(
            (found[0].name.as_str(), found[0].source.as_ref().unwrap().name.as_str()),
            ("gcc-libs", "gcc")
        );
        assert_eq!(found[0].depends[0].alternatives[0].versions, ">=2.27");
        let list =
            pieces(&PACMAN, "/var/lib/pacman/local/x-1/files", b"%FILES%\nusr/\nusr/lib/x\n\n%BACKUP%\nno\n");
        assert!(matches!(&list[0].says, Says::Paths(paths) if paths.texts().eq(["usr", "usr/lib/x"])));
    }
}
