//! trial
use casehard_image::*;
use std::time::Instant;
fn main() {
    let name = std::env::args().nth(1).unwrap();
    let r = ImageRef::parse(&name, |p| p.exists()).unwrap();
    let image = open(&r, &Options::default()).unwrap();
    let t = Instant::now();
    let (tree, inv) = casehard_inventory::catalog(&image).unwrap();
    eprintln!(
        "{:?} entries {} packages {} unknowns {}",
        t.elapsed(),
        tree.len(),
        inv.packages.len(),
        inv.unknowns.len()
    );
    for (_, p) in inv.iter() {
        println!(
            "{} {} files={} missing={} {:?} layer={} part_of={:?} deps={}",
            p.purl,
            p.cataloger,
            p.files.len(),
            p.missing.len(),
            p.presence,
            p.layer,
            p.part_of.map(|i| &inv.package(i).name),
            p.depends.len()
        );
    }
    for u in &inv.unknowns {
        println!("unknown {} {}", u.path, u.why);
    }
    let un: Vec<_> = inv.unowned(&tree).collect();
    println!("unowned {}", un.len());
    if std::env::args().nth(2).is_some() {
        for e in &un {
            println!("  {}", e.path());
        }
    }
    let t = Instant::now();
    let loader = inv.loader(&image, &tree);
    let (mut n, mut miss) = (0, 0);
    for e in tree.walk().filter(|e| e.is_file()) {
        if let Some(elf) = inv.elf(e)
            && (elf.is_program() || elf.soname.is_some() || !elf.needed.is_empty())
        {
            for l in loader.closure(e) {
                n += 1;
                if l.found.is_none() {
                    miss += 1;
                    println!("missing {} needs {}", e.path(), String::from_utf8_lossy(&l.name));
                }
            }
        }
    }
    eprintln!("links {n} missing {miss} {:?}", t.elapsed());
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    eprintln!("{}", s.lines().find(|l| l.starts_with("VmHWM")).unwrap());
}
