//! Python: the modules that used modules import (language reference, chapter 5, *The import system*), their bytecode,
//! and the metadata of the distributions they come from.

use std::collections::BTreeSet;

use casehard_image::{Entry, NodeId};
use casehard_inventory::When;
use casehard_oci::RootPath;
use casehard_profile::{Access, PathUse};

use super::{Closure, Grade, Ground};
use crate::plan::Rule;

/// The directories that modules are imported from, as the profile shows them.
#[derive(Debug, Default)]
pub(super) struct ImportPath {
    /// Directories that top-level modules stand in.
    roots: BTreeSet<NodeId>,
    /// Those of them that are the standard library.
    standard: BTreeSet<NodeId>,
    /// Programs that are Python interpreters: they read `encodings`, which every one of them does first.
    interpreters: BTreeSet<RootPath>,
}

impl ImportPath {
    pub(super) fn of(ground: Ground<'_>) -> Self {
        let mut path = Self::default();
        for (used_path, used) in &ground.profile.paths {
            if !used.needs_presence() {
                continue;
            }
            let Some(entry) = ground.tree.get(used_path).filter(|entry| entry.is_file()) else { continue };
            // The directory of the script that is run is the first one that modules are looked for in.
            if ground.inventory.script(entry).is_some_and(casehard_inventory::Script::is_python) {
                path.roots.extend(entry.parent().map(Entry::id));
            }
            let Some(root) = root_of(entry) else { continue };
            path.roots.insert(root.id());
            if root.child(b"encodings").is_some() {
                path.standard.insert(root.id());
                path.roots.extend(root.child(b"lib-dynload").map(Entry::id));
                path.standard.extend(root.child(b"lib-dynload").map(Entry::id));
                if used_path.components().any(|name| name == b"encodings") {
                    path.interpreters.extend(used.programs.iter().cloned());
                }
            }
        }
        path
    }
}

impl ImportPath {
    /// Whether top-level modules stand in a directory.
    pub(super) fn is_root(&self, directory: Entry<'_>) -> bool {
        self.roots.contains(&directory.id())
    }

    /// Whether a program is a Python interpreter.
    pub(super) fn is_interpreter(&self, program: &RootPath) -> bool {
        self.interpreters.contains(program)
    }

    /// The directories of the standard library.
    pub(super) fn standard_directories(&self) -> Vec<NodeId> {
        self.standard.iter().copied().collect()
    }

    /// Whether a directory is the standard library.
    pub(super) fn is_standard(&self, directory: Entry<'_>) -> bool {
        self.standard.contains(&directory.id())
    }
}

/// The directory that the top-level package or module of a Python file stands in.
fn root_of(file: Entry<'_>) -> Option<Entry<'_>> {
    let name = file.name();
    let mut directory = file.parent()?;
    if directory.name() == b"__pycache__" {
        directory = directory.parent()?;
    } else if !(name.ends_with(b".py") || is_extension(name) && directory.name() == b"lib-dynload") {
        return None;
    }
    if directory.name() == b"lib-dynload" {
        return directory.parent();
    }
    while directory.child(b"__init__.py").is_some() {
        directory = directory.parent()?;
    }
    Some(directory)
}

/// `NAME.cpython-311-x86_64-linux-gnu.so`, `NAME.abi3.so`, `NAME.so`
fn is_extension(name: &[u8]) -> bool {
    name.ends_with(b".so")
}

/// Whether a directory was listed only to look for modules in it: by an interpreter, and it is on the import path or
/// is a package of an installed distribution below it.
pub(super) fn only_searched(closure: &Closure<'_>, directory: Entry<'_>, used: &PathUse) -> bool {
    let python = &closure.python;
    !used.access.contains(&Access::Written)
        && !used.programs.is_empty()
        && used.programs.iter().all(|program| python.interpreters.contains(program))
        && is_on_import_path(closure, directory)
        // A directory of the application is nobody's but its own; there a listing is taken at its word.
        && (python.roots.contains(&directory.id()) || !closure.ground.owners(directory.id()).is_empty())
}

/// Whether a directory is one that modules are imported from, or is below one.
pub(super) fn is_on_import_path(closure: &Closure<'_>, directory: Entry<'_>) -> bool {
    std::iter::successors(Some(directory), |entry| entry.parent())
        .any(|entry| closure.python.roots.contains(&entry.id()))
}

pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    if !entry.name().ends_with(b".py") {
        return of_no_module(closure, entry, grade);
    }
    bytecode(closure, entry);
    let Some(root) = root_of(entry) else { return };
    if !closure.python.roots.contains(&root.id()) {
        return;
    }
    packages_above(closure, entry, root, grade);
    // `ctypes.util.find_library` asks the loader's own program (library reference, `ctypes`, *Finding shared libraries*).
    if grade == Grade::Active && module_name(entry, root) == b"ctypes.util" {
        for place in [&b"sbin/ldconfig"[..], b"usr/sbin/ldconfig"] {
            closure.need_path(&RootPath::root().join_as_kernel(place), grade, entry, Rule::LoaderQuery);
        }
    }
    codecs(closure, entry, root);
    build_data(closure, entry, root);
    let ground = closure.ground;
    let Some(source) = ground.inventory.python(entry) else { return };
    let is_standard = closure.python.standard.contains(&root.id());
    let module = module_name(entry, root);
    let is_package = entry.name() == b"__init__.py";
    // What the application imported has run: what it imports as it starts was seen, or is not for this machine.
    let has_run = has_run(closure, entry);
    let grade = if closure.is_application(entry) { Grade::Active } else { grade };
    if grade == Grade::Active && source.is_dynamic && !is_standard {
        own_package(closure, entry);
    }
    if grade == Grade::Active && has_run {
        programs(closure, entry);
    }
    for import in source.imports() {
        if import.when == When::Never || has_run && import.when == When::Start {
            continue;
        }
        let Some(name) = absolute(&module, is_package, import.level, import.module.as_bytes()) else {
            continue;
        };
        let mut names = vec![name.clone()];
        // `from package import name`: the name may be a module of the package.
        names.extend(
            import.names().filter(|part| *part != "*").map(|part| [&name[..], part.as_bytes()].join(&b'.')),
        );
        bring(closure, entry, grade, is_standard, &names);
    }
}

/// Keeps the modules of these names.
fn bring<'a>(closure: &mut Closure<'a>, by: Entry<'a>, grade: Grade, is_standard: bool, names: &[Vec<u8>]) {
    let ground = closure.ground;
    for found in names.iter().flat_map(|name| find(closure, name, is_standard)).collect::<Vec<_>>() {
        let may_bring = || ground.may_bring(by, found) || is_standard && of_one_source(ground, by, found);
        if grade == Grade::Active || may_bring() {
            closure.need(found, grade, by, Rule::PythonImport);
        }
    }
}

/// What is no module and imports modules: a script, and a pickle, which imports those of the classes that it names. What
/// the application read has done so already.
fn of_no_module<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    let Some(source) = closure.ground.inventory.python(entry) else { return };
    let was_read = closure.was_read(entry);
    for import in source.imports() {
        let has_happened = was_read && import.when == When::Start;
        if import.level > 0 || import.when == When::Never || has_happened {
            continue;
        }
        let module = import.module.as_bytes().to_vec();
        let parts = import.names().filter(|part| *part != "*");
        let below: Vec<_> = parts.map(|part| [&module[..], part.as_bytes()].join(&b'.')).collect();
        let names: Vec<_> = std::iter::once(module).chain(below).collect();
        bring(closure, entry, grade, false, &names);
    }
}

/// Whether two files are of packages that were made of the same source: distributions part the standard library, and
/// its parts import each other without declaring it (`libpython3-minimal` and `libpython3-stdlib`).
pub(super) fn of_one_source(ground: Ground<'_>, one: Entry<'_>, other: Entry<'_>) -> bool {
    let sources = |entry: Entry<'_>| -> Vec<_> {
        let owners = ground.owners(entry.id());
        owners.into_iter().filter_map(|package| ground.inventory.package(package).source.as_ref()).collect()
    };
    let others = sources(other);
    sources(one).into_iter().any(|source| others.contains(&source))
}

/// Modules of a package that ran which are programs, too (`python -m PACKAGE`, `python -m PACKAGE.MODULE`): nothing
/// imports them, people run them.
fn programs<'a>(closure: &mut Closure<'a>, entry: Entry<'a>) {
    let package = entry.parent().filter(|_| entry.name() == b"__init__.py");
    for module in package.into_iter().flat_map(Entry::children) {
        let source = closure.ground.inventory.python(module);
        if module.name() == b"__main__.py" || source.is_some_and(|source| source.is_program) {
            closure.need(module, Grade::Member, entry, Rule::PythonImport);
        }
    }
}

/// `sysconfig` imports what it was built with by a name that it makes of the machine's: `_sysconfigdata_*.py`.
fn build_data<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, root: Entry<'a>) {
    let name = module_name(entry, root);
    if name != b"sysconfig" || !closure.python.standard.contains(&root.id()) {
        return;
    }
    for data in root.children() {
        if data.name().starts_with(b"_sysconfigdata") && data.name().ends_with(b".py") {
            closure.need(data, Grade::Member, entry, Rule::PythonImport);
        }
    }
}

/// Whether a module was imported while the profile was made: its source or its bytecode was read.
fn has_run(closure: &Closure<'_>, entry: Entry<'_>) -> bool {
    let stem = entry.name().strip_suffix(b"py").unwrap_or_default();
    let cache = entry.parent().and_then(|directory| directory.child(b"__pycache__"));
    closure.was_read(entry)
        || cache
            .into_iter()
            .flat_map(Entry::children)
            .any(|compiled| compiled.name().starts_with(stem) && closure.was_read(compiled))
}

/// A module that imports names which it computes finds most of them in its own package.
fn own_package<'a>(closure: &mut Closure<'a>, entry: Entry<'a>) {
    let Some(package) = entry.parent().filter(|package| package.child(b"__init__.py").is_some()) else {
        return;
    };
    for module in package.children() {
        let inner = module.child(b"__init__.py");
        for found in inner.into_iter().chain(module.name().ends_with(b".py").then_some(module)) {
            closure.need(found, Grade::Member, entry, Rule::PythonImport);
        }
    }
}

/// Codecs are modules that are imported by the name of an encoding, which data brings (library reference, `codecs`,
/// section *Standard Encodings*): the package stays whole with any of it.
fn codecs<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, root: Entry<'a>) {
    let is_package = entry.name() == b"__init__.py"
        && entry.parent().is_some_and(|package| {
            package.name() == b"encodings" && package.parent().is_some_and(|above| above.id() == root.id())
        });
    for codec in entry.parent().filter(|_| is_package).into_iter().flat_map(Entry::children) {
        if codec.name().ends_with(b".py") {
            closure.need(codec, Grade::Member, entry, Rule::PythonImport);
        }
    }
}

/// `__pycache__/NAME.*.pyc` of a module that stays.
fn bytecode<'a>(closure: &mut Closure<'a>, entry: Entry<'a>) {
    let Some(cache) = entry.parent().and_then(|directory| directory.child(b"__pycache__")) else { return };
    let stem = &entry.name()[..entry.name().len() - 2];
    for compiled in cache.children() {
        if compiled.name().starts_with(stem) && compiled.name().ends_with(b".pyc") {
            closure.need(compiled, Grade::Member, entry, Rule::PythonBytecode);
        }
    }
}

/// `__init__.py` of each package above a module runs before it.
fn packages_above<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, root: Entry<'a>, grade: Grade) {
    let mut above = entry.parent();
    while let Some(directory) = above.filter(|directory| directory.id() != root.id()) {
        if let Some(init) = directory.child(b"__init__.py") {
            closure.need(init, grade, entry, Rule::PythonImport);
        }
        above = directory.parent();
    }
}

/// The dotted name of a module.
fn module_name(entry: Entry<'_>, root: Entry<'_>) -> Vec<u8> {
    let path = entry.path();
    let below = path.strip_prefix(&root.path()).unwrap_or_default();
    let below = below.strip_suffix(b"/__init__.py").or_else(|| below.strip_suffix(b".py")).unwrap_or(below);
    below.iter().map(|byte| if *byte == b'/' { b'.' } else { *byte }).collect()
}

/// The absolute name of what `from ..name import` means in `module`.
fn absolute(module: &[u8], is_package: bool, level: usize, name: &[u8]) -> Option<Vec<u8>> {
    if level == 0 {
        return Some(name.to_vec());
    }
    let mut parts: Vec<&[u8]> = module.split(|byte| *byte == b'.').collect();
    let up = if is_package { level - 1 } else { level };
    parts.truncate(parts.len().checked_sub(up)?);
    if !name.is_empty() {
        parts.push(name);
    }
    Some(parts.join(&b'.'))
}

/// The files that importing `name` runs or loads: each package on the way, and the module. The last part may be a
/// name in the module before it.
fn find<'a>(closure: &Closure<'a>, name: &[u8], standard_only: bool) -> Vec<Entry<'a>> {
    let tree = closure.ground.tree;
    let roots = if standard_only { &closure.python.standard } else { &closure.python.roots };
    let mut found = Vec::new();
    for root in roots {
        let mut directory = tree.entry(*root);
        for (index, part) in name.split(|byte| *byte == b'.').enumerate() {
            let package = directory.child(part).and_then(resolve_directory);
            let module = module_file(directory, part);
            match (package, module) {
                (Some(package), _) if package.child(b"__init__.py").is_some() => {
                    found.extend(package.child(b"__init__.py"));
                    directory = package;
                }
                (_, Some(module)) => {
                    found.push(module);
                    break;
                }
                // A namespace package has no file of its own (PEP 420).
                (Some(package), None) if index == 0 || !found.is_empty() => directory = package,
                _ => break,
            }
        }
    }
    found
}

fn resolve_directory(entry: Entry<'_>) -> Option<Entry<'_>> {
    entry.is_directory().then_some(entry)
}

fn module_file<'a>(directory: Entry<'a>, name: &[u8]) -> Option<Entry<'a>> {
    if name.is_empty() {
        return None;
    }
    let with = |suffix: &[u8]| directory.child(&[name, suffix].concat());
    with(b".py").or_else(|| with(b".abi3.so")).or_else(|| with(b".so")).or_else(|| {
        // `NAME.cpython-311-x86_64-linux-gnu.so`: the tag is the interpreter's.
        directory.children().find(|entry| {
            entry
                .name()
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(b".cpython-") && rest.ends_with(b".so"))
        })
    })
}
