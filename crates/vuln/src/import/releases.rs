//! Code names of releases and the numbers they stand for.

/// Debian's code names (`distro-info-data`), newest first.
const DEBIAN: &[(&str, &str)] = &[
    ("duke", "15"),
    ("forky", "14"),
    ("trixie", "13"),
    ("bookworm", "12"),
    ("bullseye", "11"),
    ("buster", "10"),
    ("stretch", "9"),
    ("jessie", "8"),
    ("wheezy", "7"),
    ("squeeze", "6"),
    ("lenny", "5"),
    ("etch", "4"),
];

/// Ubuntu's code names (`distro-info-data`), newest first.
const UBUNTU: &[(&str, &str)] = &[
    ("resolute", "26.04"),
    ("questing", "25.10"),
    ("plucky", "25.04"),
    ("oracular", "24.10"),
    ("noble", "24.04"),
    ("mantic", "23.10"),
    ("lunar", "23.04"),
    ("kinetic", "22.10"),
    ("jammy", "22.04"),
    ("impish", "21.10"),
    ("hirsute", "21.04"),
    ("groovy", "20.10"),
    ("focal", "20.04"),
    ("eoan", "19.10"),
    ("disco", "19.04"),
    ("cosmic", "18.10"),
    ("bionic", "18.04"),
    ("xenial", "16.04"),
    ("trusty", "14.04"),
    ("precise", "12.04"),
];

/// The number of the Debian release `codename`; `sid` stands for itself.
pub(crate) fn debian(codename: &str) -> Option<&'static str> {
    if codename == "sid" {
        return Some("sid");
    }
    number(DEBIAN, codename)
}

/// The number of the Ubuntu release `codename`.
pub(crate) fn ubuntu(codename: &str) -> Option<&'static str> {
    number(UBUNTU, codename)
}

fn number(table: &'static [(&str, &str)], codename: &str) -> Option<&'static str> {
    table.iter().find(|(name, _)| *name == codename).map(|(_, number)| *number)
}
