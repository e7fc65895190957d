//! What is shipped of a Python application: where its packages are put, and how the new base finds them.

use casehard_dockerfile::shell::ShellWord;

use super::{
    RewriteError,
    bases::{Tag, tagged},
    languages::OTHER_LIBC,
    stage::{Built, Moved, Program, Shipped},
};
use crate::build::{Call, Install, Manager};

/// Where the distroless bases have Python.
const PYTHON: &str = "/usr/bin/python3";

/// How packages are found in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The prefix of the interpreter itself.
    Usual,
    /// Another prefix: an environment, or what `--prefix` names.
    Prefix,
    /// A folder of modules (`--target`), which the file itself puts on the path.
    Folder,
    /// The user's own prefix, which only that user reads: it is moved into the usual one.
    User,
}

struct Place {
    path: String,
    kind: Kind,
}

impl Place {
    /// The prefix in the new stage.
    fn prefix(&self) -> Option<&str> {
        match self.kind {
            Kind::Usual | Kind::User => Some("/usr/local"),
            Kind::Prefix => Some(&self.path),
            Kind::Folder => None,
        }
    }
}

impl Built<'_> {
    pub(super) fn python(&self) -> Result<Shipped, RewriteError> {
        let tag = Tag::of(&self.image);
        let folder = self.own_folder()?;
        let places = self.python_places();
        let mut notes = vec![
            "modules that were compiled against libraries of the build stage need these libraries in the new base",
        ];
        let minor = tag.minor();
        let mut environment = Vec::new();
        let mut program = Program::AsWritten;
        let mut paths = Vec::new();
        let is_user = places.iter().any(|place| place.kind == Kind::User);
        for place in &places {
            match (place.kind, &minor) {
                (Kind::Usual, Some(minor)) => {
                    paths.push(Moved::as_it_is(format!("/usr/local/lib/python{minor}/site-packages")));
                }
                (Kind::Usual, None) => paths.push(Moved::as_it_is("/usr/local/lib".to_owned())),
                (Kind::User, _) => {
                    paths.push(Moved { from: place.path.clone(), to: "/usr/local".to_owned() });
                }
                (Kind::Prefix | Kind::Folder, _) => paths.push(Moved::as_it_is(place.path.clone())),
            }
        }
        let base = if self.is_distroless() {
            let minor = minor.as_deref().ok_or(RewriteError::Release("Python"))?;
            let debian = match minor {
                "3.11" => 12,
                "3.13" => 13,
                _ => return Err(RewriteError::NoDistroless(format!("Python {minor}"))),
            };
            if tag.alpine().is_some() {
                notes.push(OTHER_LIBC);
            }
            let modules = places.iter().filter_map(Place::prefix);
            let mut modules: Vec<String> =
                modules.map(|prefix| format!("{prefix}/lib/python{minor}/site-packages")).collect();
            if !modules.is_empty() {
                modules.extend(self.has_python_path.then(|| "$PYTHONPATH".to_owned()));
                environment.push(("PYTHONPATH".to_owned(), modules.join(":")));
            }
            let script = self.python_script(&places)?;
            program = Program::Interpreter(PYTHON, script.clone());
            // A script of the usual place is all that is wanted of the programs there.
            let script = script.filter(|path| path.starts_with("/usr/local/bin/") && !is_user);
            paths.extend(script.map(Moved::as_it_is));
            format!("${{DISTROLESS}}/python3-debian{debian}:nonroot")
        } else {
            if places.iter().any(|place| place.kind == Kind::Usual) {
                paths.push(Moved::as_it_is("/usr/local/bin".to_owned()));
            }
            tagged(&self.image, &tag.slim(true))
        };
        paths.push(Moved::as_it_is(folder.clone()));
        // What is inside the folder comes with it.
        paths.retain(|moved| {
            moved.from == folder
                || moved.from != moved.to
                || !moved.from.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
        });
        let mut once: Vec<Moved> = Vec::new();
        for moved in paths {
            if !once.contains(&moved) {
                once.push(moved);
            }
        }
        Ok(Shipped { base, paths: once, environment, program, notes })
    }

    /// Where packages are put: an environment, a folder that is named, or where Python looks by itself.
    fn python_places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for call in self.calls() {
            let words = call.arguments();
            let module = words.iter().position(|word| word.text() == "-m").and_then(|at| words.get(at + 1));
            let makes = match (call.program(), module.map(ShellWord::text)) {
                ("virtualenv", _) | (_, Some("venv" | "virtualenv")) => words.last(),
                ("uv", _) if call.subcommand() == "venv" => words.last(),
                _ => None,
            };
            if let Some(path) = makes.and_then(|word| word.literal.as_deref()) {
                places.push(Place { path: self.absolute(path), kind: Kind::Prefix });
            }
            if Install::of(call).is_some_and(|install| install.manager == Manager::Pip) {
                places.extend(self.named_place(call));
            }
        }
        if places.is_empty() {
            places.push(Place { path: "/usr/local".to_owned(), kind: Kind::Usual });
        }
        places
    }

    fn named_place(&self, call: Call<'_>) -> Option<Place> {
        if let Some(path) = call.flag_value(&["-t", "--target"]) {
            return Some(Place { path: self.absolute(path), kind: Kind::Folder });
        }
        if let Some(path) = call.flag_value(&["--prefix"]) {
            return Some(Place { path: self.absolute(path), kind: Kind::Prefix });
        }
        let is_user = call.has_flag(&["--user"]);
        is_user.then(|| Place { path: "/root/.local".to_owned(), kind: Kind::User })
    }

    /// The script that the interpreter is to run, when it is not started itself: the first line of scripts that `pip` writes
    /// names the interpreter of the build stage.
    fn python_script(&self, places: &[Place]) -> Result<Option<String>, RewriteError> {
        let written = self.start.program();
        let name = written.rsplit('/').next().unwrap_or(written);
        if name.starts_with("python") {
            return Ok(None);
        }
        Ok(Some(if written.contains('/') {
            self.absolute(written)
        } else {
            let prefix = places.iter().find_map(Place::prefix).ok_or(RewriteError::Unknown)?;
            format!("{prefix}/bin/{name}")
        }))
    }
}
