//! What never belongs in an image, whatever software stays.

use casehard_image::Entry;

/// The class of debris an entry is, or `None`. Directories themselves are no debris, what they hold is: the
/// software that owns them may write there again.
#[must_use]
pub fn class(entry: Entry<'_>) -> Option<&'static str> {
    if entry.is_directory() {
        return None;
    }
    let path = entry.path();
    let components: Vec<&[u8]> = path.components().collect();
    by_place(&components, entry.is_file()).or_else(|| by_name(&components))
}

/// Whether a directory is one for documentation, or holds nothing else.
#[must_use]
pub fn is_documentation_directory(entry: Entry<'_>) -> bool {
    let path = entry.path();
    let mut components: Vec<&[u8]> = path.components().collect();
    // As if something stood in it.
    components.push(b"x");
    matches!(by_place(&components, true), Some("documentation"))
}

fn by_place(components: &[&[u8]], is_file: bool) -> Option<&'static str> {
    Some(match components {
        // apt, apk, dnf, yum, zypper and pacman keep what they downloaded below these.
        [b"var", b"cache", b"apt" | b"apk" | b"dnf" | b"yum" | b"libdnf5" | b"zypp" | b"pacman", ..]
        | [b"var", b"lib", b"apt", b"lists", ..]
        | [b"etc", b"apk", b"cache", ..] => "package-manager-cache",
        [b"root", b".cache" | b".npm" | b".bundle" | b".gem" | b".m2" | b".nuget" | b".composer", ..]
        | [b"home", _, b".cache" | b".npm" | b".m2" | b".nuget" | b".composer", ..] => {
            "package-manager-cache"
        }
        [b"var", b"cache", b"ldconfig" | b"man" | b"debconf", ..] => "rebuildable-cache",
        [b"var", b"log", ..] if is_file => "logs",
        [b"tmp", _, ..] | [b"var", b"tmp", _, ..] => "temporary-files",
        [b"var", b"backups", ..] | [b"var", b"lib", b"dpkg" | b"ucf", ..] if is_backup(components) => {
            "backups"
        }
        [b"var", b"backups", ..] => "backups",
        // Licences must travel with what they cover (Debian Policy, section 12.5).
        [b"usr", b"share", b"doc", .., b"copyright"] => return None,
        [b"usr", rest @ ..] | [b"usr", b"local", rest @ ..] if is_documentation(rest) => "documentation",
        _ => return None,
    })
}

fn is_documentation(below_usr: &[&[u8]]) -> bool {
    let below = if let [b"local", rest @ ..] = below_usr { rest } else { below_usr };
    matches!(
        below,
        [
            b"share",
            b"doc" | b"man" | b"info" | b"doc-base" | b"lintian" | b"linda" | b"bug" | b"gtk-doc" | b"help",
            _,
            ..
        ] | [b"man", _, ..]
    )
}

fn is_backup(components: &[&[u8]]) -> bool {
    components.last().is_some_and(|name| name.ends_with(b"-old") || name.ends_with(b"~"))
}

fn by_name(components: &[&[u8]]) -> Option<&'static str> {
    if components.iter().any(|name| matches!(*name, b".git" | b".hg" | b".svn" | b"CVS")) {
        return Some("version-control");
    }
    Some(match components {
        [b"etc", b"passwd-" | b"group-" | b"shadow-" | b"gshadow-" | b"subuid-" | b"subgid-"] => "backups",
        [.., name]
            if name.ends_with(b".dpkg-old")
                || name.ends_with(b".dpkg-dist")
                || name.ends_with(b".ucf-old") =>
        {
            "backups"
        }
        [.., name] if name.ends_with(b".swp") || name.ends_with(b"~") && name.len() > 1 => "backups",
        [.., name]
            if matches!(
                *name,
                b".bash_history"
                    | b".ash_history"
                    | b".sh_history"
                    | b".zsh_history"
                    | b".python_history"
                    | b".node_repl_history"
                    | b".psql_history"
                    | b".mysql_history"
                    | b".sqlite_history"
                    | b".lesshst"
                    | b".viminfo"
                    | b".wget-hsts"
            ) =>
        {
            "history-files"
        }
        [.., name] if matches!(*name, b".DS_Store" | b"Thumbs.db" | b".coverage") => "build-leftovers",
        [.., b".pytest_cache" | b".mypy_cache" | b".ruff_cache" | b".tox" | b".nyc_output", _] => {
            "build-leftovers"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<&'static str> {
        let components: Vec<&[u8]> =
            path.split('/').filter(|part| !part.is_empty()).map(str::as_bytes).collect();
        by_place(&components, true).or_else(|| by_name(&components))
    }

    #[test]
    fn classes() {
        for (path, class) in [
            ("/var/cache/apt/pkgcache.bin", Some("package-manager-cache")),
            ("/var/lib/apt/lists/x_Packages", Some("package-manager-cache")),
            ("/var/lib/apt/extended_states", None),
            ("/root/.cache/pip/http/x", Some("package-manager-cache")),
            ("/var/log/dpkg.log", Some("logs")),
            ("/usr/share/doc/libc6/copyright", None),
            ("/usr/share/doc/libc6/changelog.Debian.gz", Some("documentation")),
            ("/usr/share/man/man1/ls.1.gz", Some("documentation")),
            ("/usr/local/share/man/man1/x.1", Some("documentation")),
            ("/usr/share/doc", None),
            ("/tmp/build.log", Some("temporary-files")),
            ("/tmp", None),
            ("/var/lib/dpkg/status-old", Some("backups")),
            ("/var/lib/dpkg/status", None),
            ("/etc/passwd-", Some("backups")),
            ("/etc/passwd", None),
            ("/app/.git/HEAD", Some("version-control")),
            ("/root/.bash_history", Some("history-files")),
            ("/app/main.py", None),
        ] {
            assert_eq!(of(path), class, "{path}");
        }
    }
}
