use casehard_image::*;
use std::path::Path;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let start = std::time::Instant::now();
    let image = ImageRef::parse(&args[0], Path::exists).unwrap();
    let image = match open(&image, &Options::default()) {
        Ok(i) => i,
        Err(e) => {
            println!("failed to {e}");
            std::process::exit(3)
        }
    };
    println!("{} {} layers {:?}", image.digest(), image.layers().len(), start.elapsed());
    if args.get(1).is_some_and(|a| a == "open") {
        return;
    }
    let (tree, _) = match read(&image, &()) {
        Ok(r) => r,
        Err(e) => {
            println!("failed to {e}");
            std::process::exit(3)
        }
    };
    println!("{} entries {:?}", tree.len(), start.elapsed());
    if args.get(1).is_some_and(|a| a == "list") {
        for e in tree.walk() {
            println!(
                "{} {:?} {:o} {}:{} {} {} {} {:?}",
                e.path(),
                e.kind(),
                e.mode(),
                e.uid(),
                e.gid(),
                e.mtime(),
                e.size(),
                e.links(),
                e.xattrs()
            );
        }
    }
    if let Some(out) = args.get(2) {
        let e = Edit {
            keep: &|e| !e.path().to_string().starts_with("/usr/share/doc"),
            changes: Default::default(),
            additions: Default::default(),
            config: image.config().clone(),
            annotations: Default::default(),
        };
        let w = edit(&image, &tree, &e, LayoutWriter::create(Path::new(out)).unwrap()).unwrap();
        println!("written {} {:?}", w.manifest.digest, start.elapsed());
    }
    let rss = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", rss.lines().find(|l| l.starts_with("VmHWM")).unwrap());
}
