//! Where the loader finds the libraries of a program: glibc's rules (`ld.so(8)`) and musl's
//! (`ldso/dynlink.c`, *load_library*).

use casehard_image::{Entry, NodeId, Tree};
use casehard_oci::RootPath;
use hashbrown::HashMap;

use super::{Elf, LoaderCache, tokens};

/// Which loader loads a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// glibc's `ld-linux*.so`.
    Glibc,
    /// musl's `ld-musl-*.so.1`.
    Musl,
}

/// A library that something needs.
#[derive(Debug, Clone)]
pub struct Link<'a> {
    /// The name it is needed by.
    pub name: Box<[u8]>,
    /// The entry that needs it.
    pub needed_by: Entry<'a>,
    /// What the loader takes; `None` when it finds nothing.
    pub found: Option<Loaded<'a>>,
    /// What it takes instead on processors that can do more (`glibc-hwcaps`).
    pub variants: Vec<Loaded<'a>>,
}

/// A library where the loader found it.
#[derive(Debug, Clone)]
pub struct Loaded<'a> {
    /// The path it was found by, links not followed.
    pub path: RootPath,
    /// The file.
    pub entry: Entry<'a>,
    /// The symbolic links on the way.
    pub links: Vec<Entry<'a>>,
}

/// Answers as the loader of an image would.
pub struct Loader<'a> {
    tree: &'a Tree,
    elf: Box<dyn Fn(Entry<'a>) -> Option<&'a Elf> + 'a>,
    library_path: Vec<u8>,
    cache: Option<&'a LoaderCache>,
    musl_path: Option<&'a [u8]>,
}

/// An object that is loaded, and which loaded it.
struct Object<'a> {
    path: RootPath,
    entry: Entry<'a>,
    elf: &'a Elf,
    parent: Option<usize>,
}

impl<'a> Loader<'a> {
    /// A loader for `tree`. `elf` tells what is known of a file; `library_path` is `LD_LIBRARY_PATH` as it will be
    /// set; `cache` is what `etc/ld.so.cache` holds; `musl_path` is the content of `etc/ld-musl-ARCH.path`.
    pub fn new(
        tree: &'a Tree,
        elf: impl Fn(Entry<'a>) -> Option<&'a Elf> + 'a,
        library_path: Option<&str>,
        cache: Option<&'a LoaderCache>,
        musl_path: Option<&'a [u8]>,
    ) -> Self {
        let library_path = library_path.unwrap_or_default().as_bytes().to_vec();
        Self { tree, elf: Box::new(elf), library_path, cache, musl_path }
    }

    /// Which loader starts a program; a library is asked by what it needs.
    #[must_use]
    pub fn flavour(elf: &Elf) -> Flavour {
        let musl = |name: &[u8]| memchr::memmem::find(name, b"musl").is_some();
        let by_interpreter = elf.interpreter.as_deref().map(musl);
        // musl's library is called libc.so by what was linked against it elsewhere than in Alpine.
        let by_library = || elf.needed.iter().any(|name| musl(name) || name == b"libc.so");
        if by_interpreter.unwrap_or_else(by_library) { Flavour::Musl } else { Flavour::Glibc }
    }

    /// Everything that starting `program` (or loading this library) loads, in the loader's order: breadth first,
    /// each name once. Its interpreter comes first, under its path. What is missing is there with `found: None`.
    #[must_use]
    pub fn closure(&self, program: Entry<'a>) -> Vec<Link<'a>> {
        let Some(elf) = (self.elf)(program) else { return Vec::new() };
        let flavour = Self::flavour(elf);
        let mut links = Vec::new();
        if let Some(interpreter) = &elf.interpreter {
            links.push(Link {
                name: interpreter.clone(),
                needed_by: program,
                found: self.at(RootPath::root().join_as_kernel(interpreter), None),
                variants: Vec::new(),
            });
        }
        let mut objects = vec![Object { path: program.path(), entry: program, elf, parent: None }];
        let mut seen: HashMap<NodeId, ()> = HashMap::new();
        let mut names: HashMap<Box<[u8]>, ()> = HashMap::new();
        let mut at = 0;
        while at < objects.len() {
            let (entry, elf) = (objects[at].entry, objects[at].elf);
            for name in elf.needed.iter() {
                if names.insert(name.into(), ()).is_some() {
                    continue;
                }
                let (found, variants) = self.search(flavour, name, &objects, at);
                for loaded in found.iter().chain(&variants) {
                    if let Some(elf) = (self.elf)(loaded.entry)
                        && seen.insert(loaded.entry.id(), ()).is_none()
                    {
                        // A library that is loaded satisfies whoever needs it by its soname.
                        names.extend(elf.soname.iter().map(|soname| (soname.clone(), ())));
                        objects.push(Object {
                            path: loaded.path.clone(),
                            entry: loaded.entry,
                            elf,
                            parent: Some(at),
                        });
                    }
                }
                links.push(Link { name: name.into(), needed_by: entry, found, variants });
            }
            at += 1;
        }
        links
    }

    /// What `dlopen(name)` in the code of `object` opens, when `object` was loaded by `program`.
    #[must_use]
    pub fn open(&self, name: &[u8], object: Entry<'a>, program: Option<Entry<'a>>) -> Link<'a> {
        let mut objects = Vec::new();
        let mut flavour = None;
        for entry in program.into_iter().filter(|program| program.id() != object.id()).chain([object]) {
            if let Some(elf) = (self.elf)(entry) {
                flavour.get_or_insert(Self::flavour(elf));
                let parent = objects.len().checked_sub(1);
                objects.push(Object { path: entry.path(), entry, elf, parent });
            }
        }
        let (found, variants) = match objects.len().checked_sub(1) {
            Some(last) => self.search(flavour.unwrap_or(Flavour::Glibc), name, &objects, last),
            None => (None, Vec::new()),
        };
        Link { name: name.into(), needed_by: object, found, variants }
    }

    fn search(
        &self,
        flavour: Flavour,
        name: &[u8],
        objects: &[Object<'a>],
        at: usize,
    ) -> (Option<Loaded<'a>>, Vec<Loaded<'a>>) {
        let (object, machine) = (&objects[at], Some(objects[0].elf));
        if name.contains(&b'/') {
            let found = tokens::expand(name, &origin(object), object.elf)
                .into_iter()
                .find_map(|path| self.at(path, machine));
            return (found, Vec::new());
        }
        let mut variants = Vec::new();
        let mut wanted = Wanted { loader: self, flavour, name, machine, variants: &mut variants };
        let found = match flavour {
            Flavour::Musl => self
                .musl_library(name, objects)
                .or_else(|| wanted.search(self.library_path(object)))
                .or_else(|| wanted.search(musl_run_paths(objects, at)))
                .or_else(|| wanted.search(self.musl_system_path(object))),
            Flavour::Glibc => wanted
                .search(glibc_rpaths(objects, at))
                .or_else(|| wanted.search(self.library_path(object)))
                .or_else(|| wanted.search(search_path(object, object.elf.runpath.as_deref())))
                .or_else(|| wanted.cached())
                .or_else(|| wanted.search(system_directories(object.elf))),
        };
        variants.sort_by(|a, b| a.path.cmp(&b.path));
        variants.dedup_by(|a, b| a.path == b.path);
        (found, variants)
    }

    /// The file at a path when the loader can load it: an ELF file for the same processor.
    fn at(&self, path: RootPath, wanted: Option<&Elf>) -> Option<Loaded<'a>> {
        let resolved = self.tree.resolve(&path);
        let entry = resolved.entry.filter(|entry| entry.is_file())?;
        let elf = (self.elf)(entry)?;
        let fits = |wanted: &Elf| wanted.machine == elf.machine && wanted.is_64 == elf.is_64;
        wanted.is_none_or(fits).then_some(Loaded { path, entry, links: resolved.links })
    }

    /// `LD_LIBRARY_PATH`, whose tokens are the program's.
    fn library_path(&self, object: &Object<'_>) -> Vec<RootPath> {
        tokens::directories(&self.library_path, b":;", &origin(object), object.elf)
    }

    /// What stands in `glibc-hwcaps` below a directory.
    fn hwcaps(&self, directory: &RootPath, name: &[u8], wanted: Option<&Elf>) -> Vec<Loaded<'a>> {
        let resolved = self.tree.resolve(&directory.child(b"glibc-hwcaps"));
        let Some(levels) = resolved.entry.filter(|entry| entry.is_directory()) else { return Vec::new() };
        let path = directory.child(b"glibc-hwcaps");
        levels.children().filter_map(|level| self.at(path.child(level.name()).child(name), wanted)).collect()
    }

    /// musl has all of libc in its loader; what needs a part of it by an old name gets the loader.
    fn musl_library(&self, name: &[u8], objects: &[Object<'a>]) -> Option<Loaded<'a>> {
        let stem = name.strip_prefix(b"lib")?.split(|byte| *byte == b'.').next()?;
        if !matches!(stem, b"c" | b"pthread" | b"rt" | b"m" | b"dl" | b"util" | b"xnet") {
            return None;
        }
        let architecture = tokens::platform(objects[0].elf.machine);
        let default = format!("/lib/ld-musl-{architecture}.so.1").into_bytes();
        let interpreter = objects[0].elf.interpreter.as_deref().unwrap_or(&default);
        self.at(RootPath::root().join_as_kernel(interpreter), None)
    }

    fn musl_system_path(&self, object: &Object<'_>) -> Vec<RootPath> {
        let list = self.musl_path.unwrap_or(b"/lib:/usr/local/lib:/usr/lib");
        tokens::directories(list, b":\n", &origin(object), object.elf)
    }
}

/// A search for one name.
struct Wanted<'s, 'a> {
    loader: &'s Loader<'a>,
    flavour: Flavour,
    name: &'s [u8],
    machine: Option<&'s Elf>,
    variants: &'s mut Vec<Loaded<'a>>,
}

impl<'a> Wanted<'_, 'a> {
    /// The first of these directories that has it.
    fn search(&mut self, directories: Vec<RootPath>) -> Option<Loaded<'a>> {
        directories.into_iter().find_map(|directory| {
            if self.flavour == Flavour::Glibc {
                self.variants.extend(self.loader.hwcaps(&directory, self.name, self.machine));
            }
            self.loader.at(directory.child(self.name), self.machine)
        })
    }

    /// What the cache says. It lists a library for better processors before the one for every processor.
    fn cached(&mut self) -> Option<Loaded<'a>> {
        let mut found = None;
        for path in self.loader.cache.into_iter().flat_map(|cache| cache.get(self.name)) {
            let Some(loaded) = self.loader.at(RootPath::root().join_as_kernel(path), self.machine) else {
                continue;
            };
            if memchr::memmem::find(path, b"/glibc-hwcaps/").is_some() {
                self.variants.push(loaded);
            } else {
                found.get_or_insert(loaded);
            }
        }
        found
    }
}

/// The directory an object stands in, for `$ORIGIN`.
fn origin(object: &Object<'_>) -> RootPath {
    object.path.parent().unwrap_or_else(RootPath::root)
}

fn search_path(object: &Object<'_>, list: Option<&[u8]>) -> Vec<RootPath> {
    tokens::directories(list.unwrap_or_default(), b":", &origin(object), object.elf)
}

/// The objects from `at` up to what loaded them all.
fn chain<'b, 'a>(objects: &'b [Object<'a>], at: usize) -> impl Iterator<Item = &'b Object<'a>> {
    std::iter::successors(Some(at), |at| objects[*at].parent).map(|at| &objects[at])
}

/// `DT_RPATH` of the object and of everything that loaded it; none of them when the object has a `DT_RUNPATH`, and
/// not that of an object that has one.
fn glibc_rpaths(objects: &[Object<'_>], at: usize) -> Vec<RootPath> {
    if objects[at].elf.runpath.is_some() {
        return Vec::new();
    }
    chain(objects, at)
        .filter(|object| object.elf.runpath.is_none())
        .flat_map(|object| search_path(object, object.elf.rpath.as_deref()))
        .collect()
}

/// musl treats both alike, and inherits both.
fn musl_run_paths(objects: &[Object<'_>], at: usize) -> Vec<RootPath> {
    chain(objects, at)
        .flat_map(|object| search_path(object, object.elf.runpath.as_deref().or(object.elf.rpath.as_deref())))
        .collect()
}

/// The directories that glibc's loader was built with, by distribution.
fn system_directories(elf: &Elf) -> Vec<RootPath> {
    let triplet = match elf.machine {
        40 => "arm-linux-gnueabihf".to_owned(),
        machine => format!("{}-linux-gnu", tokens::platform(machine)),
    };
    let wide = if elf.is_64 { ["/lib64", "/usr/lib64"] } else { ["/lib", "/usr/lib"] };
    [format!("/lib/{triplet}"), format!("/usr/lib/{triplet}")]
        .into_iter()
        .chain(wide.into_iter().chain(["/lib", "/usr/lib"]).map(str::to_owned))
        .map(|path| RootPath::root().join_as_kernel(path.as_bytes()))
        .collect()
}
