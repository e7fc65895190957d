//! `/etc/pam.d/common-*` out of the profiles that packages ship (`pam-auth-update(8)`).

use super::at;
use crate::{
    deb::{Stanza, stanzas},
    root::{Node, Root, Store},
};

/// Files to make: the suffix of the file, the field of profiles, and whether nobody sits at a terminal.
const FILES: [(&str, &str, bool); 5] = [
    ("account", "Account", false),
    ("auth", "Auth", false),
    ("password", "Password", false),
    ("session", "Session", false),
    ("session-noninteractive", "Session", true),
];

struct Profile {
    name: String,
    fields: Stanza,
}

/// Writes the files whose templates are there. Whether there were any.
pub(super) fn write(root: &mut Root, store: &Store<'_>) -> bool {
    let mut profiles: Vec<Profile> = root
        .children(&at("/usr/share/pam-configs"))
        .into_iter()
        .filter_map(|(path, _)| {
            let fields = stanzas(&store.text(root, &path)?).next()?.ok()?;
            let name = String::from_utf8_lossy(path.file_name()?).into_owned();
            Some(Profile { name, fields })
        })
        .collect();
    let mut seen: Vec<String> = profiles.iter().map(|profile| format!("{}\n", profile.name)).collect();
    seen.sort();
    profiles.retain(|profile| profile.fields.get("Default") == Some("yes"));
    let priority = |profile: &Profile| {
        profile.fields.get("Priority").and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    };
    profiles.sort_by(|a, b| priority(b).cmp(&priority(a)).then_with(|| a.name.cmp(&b.name)));
    let mut any = false;
    for (suffix, field, unattended) in FILES {
        let Some(template) = store.text(root, &at(&format!("/usr/share/pam/common-{suffix}"))) else {
            continue;
        };
        let enabled: Vec<&Profile> = profiles
            .iter()
            .filter(|profile| !unattended || profile.fields.get("Session-Interactive-Only") != Some("yes"))
            .collect();
        root.put(
            &at(&format!("/etc/pam.d/common-{suffix}")),
            Node::file(fill(&template, field, &enabled), 0o644),
        );
        root.put(&at(&format!("/var/lib/pam/{suffix}")), Node::file(state(field, &enabled), 0o644));
        any = true;
    }
    if any {
        root.put(&at("/var/lib/pam/seen"), Node::file(seen.concat(), 0o644));
    }
    any
}

/// A template with its two blocks filled: a line that begins with `$` names the block.
fn fill(template: &str, field: &str, profiles: &[&Profile]) -> String {
    let mut text = String::new();
    for line in template.lines() {
        if !line.starts_with('$') {
            text.push_str(line);
            text.push('\n');
        } else if line.ends_with("_primary") {
            text.push_str(&block(field, "Primary", profiles));
        } else if line.ends_with("_additional") {
            text.push_str(&block(field, "Additional", profiles));
        }
    }
    text
}

fn block(field: &str, kind: &str, profiles: &[&Profile]) -> String {
    let lines = lines(field, kind, profiles);
    let kind_name = field.to_lowercase();
    if lines.is_empty() && kind == "Primary" {
        return format!("{kind_name}\t[default=1]\t\t\tpam_permit.so\n");
    }
    // A module that suffices jumps over what is left of the block.
    let mut left = lines.len() - usize::from(kind == "Additional" && !lines.is_empty());
    let mut text = String::new();
    for line in lines {
        let line = line.replace("=end", &format!("={left}"));
        left = left.saturating_sub(1);
        let has_arguments = line.rsplit_once(".so").is_some_and(|(_, rest)| !rest.is_empty());
        text.push_str(&format!("{kind_name}\t{line}{}\n", if has_arguments { "" } else { " " }));
    }
    text
}

/// The lines of a block: the first profile's own first form where it has one.
fn lines(field: &str, kind: &str, profiles: &[&Profile]) -> Vec<String> {
    let of_kind =
        profiles.iter().filter(|profile| profile.fields.get(&format!("{field}-Type")) == Some(kind));
    of_kind
        .enumerate()
        .flat_map(|(number, profile)| {
            let initial = profile.fields.get(&format!("{field}-Initial")).filter(|_| number == 0);
            let value = initial.or_else(|| profile.fields.get(field)).unwrap_or_default();
            value
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn state(field: &str, profiles: &[&Profile]) -> String {
    let of_field = profiles.iter().filter(|profile| profile.fields.get(&format!("{field}-Type")).is_some());
    of_field
        .map(|profile| {
            let kind = profile.fields.get(&format!("{field}-Type")).unwrap_or_default();
            format!("Module: {}\n{}\n", profile.name, lines(field, kind, &[profile]).join("\n"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_count_down() {
        let profile = |name: &str, text: &str| Profile {
            name: name.into(),
            fields: stanzas(text).next().unwrap().unwrap(),
        };
        let unix = profile(
            "unix",
            "Auth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so try\nAuth-Initial:\n\t[success=end default=ignore]\tpam_unix.so nullok\n",
        );
        let other = profile("sss", "Auth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_sss.so\n");
        let template = "# head\n$auth_primary\nauth\trequisite\tpam_deny.so\n$auth_additional\n# end\n";
        assert_eq!(
            fill(template, "Auth", &[&unix, &other]),
            "# head\nauth\t[success=2 default=ignore]\tpam_unix.so nullok\nauth\t[success=1 default=ignore]\tpam_sss.so \n\
             auth\trequisite\tpam_deny.so\n# end\n"
        );
        assert_eq!(block("Session", "Primary", &[&unix]), "session\t[default=1]\t\t\tpam_permit.so\n");
    }
}
