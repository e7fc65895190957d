//! Beside a container of another engine: connections into its network and commands of the machine in it are served as
//! beside one of the sandbox, and at the end it is removed, also when Casehard was killed.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    thread,
    time::Duration,
};

use casehard_image::{DaemonError, ask};
use rustix::event::{PollFd, PollFlags, poll};

use super::{
    Answer, Beside, Request,
    outside::{self, Around},
    run::{Started, serve_started},
};
use crate::{channel::Channel, sys};

/// An engine that removes something takes this long at most.
const REMOVAL: Duration = Duration::from_secs(60);
/// How often removing is tried while what is to be removed is in use.
const TRIALS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until Casehard closes its end, then removes.
pub(super) fn run(beside: &Beside, channel: &Channel) -> io::Result<()> {
    // Keys of a terminal come here as well; this process ends when Casehard has ended.
    let _signals = sys::signal_descriptor(&[libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT])?;
    let served = serve(channel);
    remove(beside);
    if let Some(folder) = &beside.folder {
        let _ = std::fs::remove_dir_all(folder);
    }
    served
}

fn serve(channel: &Channel) -> io::Result<()> {
    let mut around: Option<(OwnedFd, OwnedFd)> = None;
    let mut started: Vec<Started> = Vec::new();
    loop {
        let ready: Vec<bool> = {
            let mut polled = vec![PollFd::new(channel, PollFlags::IN)];
            for one in &started {
                polled.push(PollFd::new(&one.process, PollFlags::IN));
                polled.push(PollFd::new(&one.answer, PollFlags::IN));
            }
            match poll(&mut polled, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            polled.iter().map(|one| !one.revents().is_empty()).collect()
        };
        serve_started(&mut started, &ready[1..]);
        if ready[0] {
            let Some((request, descriptors)) = channel.receive::<Request>()? else { return Ok(()) };
            answer(&mut around, request, descriptors, &mut started);
        }
    }
}

fn answer(
    known: &mut Option<(OwnedFd, OwnedFd)>,
    request: Request,
    mut descriptors: Vec<OwnedFd>,
    started: &mut Vec<Started>,
) {
    let Some(answer) = descriptors.pop().map(Channel::from) else { return };
    let caller = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let gone = io::Error::from_raw_os_error(libc::ESRCH);
    let around = known.as_ref().map(|(namespace, network)| Around {
        namespace: namespace.as_fd(),
        network: Some(network.as_fd()),
        caller,
    });
    let _ = match (request, around) {
        (Request::Around, _) => {
            if let Ok([namespace, network]) = <[OwnedFd; 2]>::try_from(descriptors) {
                *known = Some((namespace, network));
            }
            answer.send(&Answer::Done, &[])
        }
        (Request::Connect(address, within), Some(around)) => {
            match outside::connect(around, address, within) {
                Ok(socket) => answer.send(&Answer::Done, &[socket.as_fd()]),
                Err(failure) => answer.send(&Answer::Failed(failure), &[]),
            }
        }
        (Request::Host(argv), Some(around)) => match outside::host(around, &argv, descriptors) {
            Ok(process) => {
                let sent = answer.send(&Answer::Started, &[process.as_fd()]);
                started.push(Started { process, answer, ended: false });
                sent
            }
            Err(failure) => answer.send(&Answer::Failed(failure), &[]),
        },
        _ => {
            let failure = super::Failure::new(super::Stage::Setup, "find the container", &gone);
            answer.send(&Answer::Failed(failure), &[])
        }
    };
}

/// Asks the engine to remove. What is in use is asked for again: an image, while its last container is being removed.
fn remove(beside: &Beside) {
    for _ in 0..TRIALS {
        let asked = ask(&beside.socket, ("DELETE", &beside.remove), None, &beside.remove, REMOVAL);
        match asked {
            Err(DaemonError::Refused { status: 409 | 500, .. }) => thread::sleep(PAUSE),
            _ => return,
        }
    }
}
