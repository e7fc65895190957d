//! WordPress: its own version, and plugins and themes by the header comment of their main file
//! (WordPress developer handbook, *Header requirements*).

use crate::{Cataloger, Ecosystem, File, Names, Package, Pieces, Reads, Says};

/// WordPress, its plugins and themes.
pub static WORDPRESS: Cataloger = Cataloger {
    name: "wordpress",
    reads: Reads::Paths(&[
        "wp-includes/version.php",
        "wp-content/plugins/*/*.php",
        "wp-content/themes/*/style.css",
    ]),
    limit: 4 << 20,
    gives: Ecosystem::Generic,
    parse,
};

/// The header stands in the first 8 KiB.
const HEADER: usize = 8192;

fn parse(file: &File<'_>, out: &mut Pieces) {
    let text = String::from_utf8_lossy(&file.bytes[..file.bytes.len().min(HEADER)]).into_owned();
    let mut components = file.path.components().rev();
    let name = components.next();
    let folder = components.next().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
    let (kind, title) = match name {
        Some(b"version.php") if folder == "wp-includes" => {
            let Some(version) = assigned(&text, "$wp_version") else { return };
            let package = Package { name: "wordpress".to_owned(), version, ..Package::default() };
            let subject = out.package(package);
            return out.push(subject, Says::Itself);
        }
        Some(b"style.css") => ("theme", "Theme Name"),
        _ => ("plugin", "Plugin Name"),
    };
    let (Some(_), Some(version)) = (header(&text, title), header(&text, "Version")) else { return };
    let base = if kind == "theme" { "wp-content/themes" } else { "wp-content/plugins" };
    let below = format!("{base}/{folder}");
    let subject = out.package(Package {
        name: format!("wordpress-{kind}-{folder}"),
        version,
        licenses: header(&text, "License").into_iter().collect(),
        supplier: header(&text, "Author"),
        ..Package::default()
    });
    out.push(subject, Says::Below([below].into_iter().collect::<Names>()));
}

/// The value of a header line such as ` * Version: 1.2`.
fn header(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches([' ', '\t', '*', '/', '#', '@']);
        let value = line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// The text that a PHP variable is given.
fn assigned(text: &str, variable: &str) -> Option<String> {
    let line = text.lines().find(|line| line.trim_start().starts_with(variable))?;
    line.split(['\'', '"']).nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::packages;

    #[test]
    fn headers_name_plugins() {
        let plugin =
            b"<?php\n/**\n * Plugin Name: Akismet\n * Version: 5.3\n * License: GPLv2 or later\n */\n";
        let found = packages(&WORDPRESS, "/var/www/html/wp-content/plugins/akismet/akismet.php", plugin);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("wordpress-plugin-akismet", "5.3"));
        assert!(packages(&WORDPRESS, "/x/wp-content/plugins/akismet/other.php", b"<?php\n").is_empty());
        let core =
            packages(&WORDPRESS, "/var/www/html/wp-includes/version.php", b"<?php\n$wp_version = '6.4.2';\n");
        assert_eq!((core[0].name.as_str(), core[0].version.as_str()), ("wordpress", "6.4.2"));
    }
}
