//! Tests A, B and C in one service: clients that follow the registry get no error, and no record is lost.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use containers::{Etcd, Network, REPLICA, Replicas, Run, Volume, found, in_docker};

/// An answer that takes longer is none; a request takes 200 ms, and a busy machine a few times as long.
const LIMIT: Duration = Duration::from_secs(8);
/// How long a client goes by what it has read.
const STALE: Duration = Duration::from_secs(1);

/// Sends while the registry lists an instance. Reads the registry once a second, as a gateway may do.
fn send(etcd: &Etcd, address: SocketAddr, name: &str) -> (Vec<String>, Vec<String>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
    let (mut acknowledged, mut lost, mut number) = (Vec::new(), Vec::new(), 0);
    let mut read = None::<Instant>;
    loop {
        if read.is_none_or(|read| read.elapsed() > STALE) {
            if etcd.listed().is_empty() {
                return (acknowledged, lost);
            }
            read = Some(Instant::now());
        }
        let record = format!("{name}-{number}");
        number += 1;
        match agent.post(format!("http://{address}/records")).send(&record) {
            Ok(_) => acknowledged.push(record),
            Err(error) => lost.push(format!("{record}: {error}")),
        }
    }
}

/// How it ends, what the clients got, and what is on the volume.
fn end(how: impl Fn(&containers::Container) + Sync, check: impl FnOnce(i32, Vec<String>, Vec<String>, Vec<String>)) {
    in_docker(|| {
        let (image, network, volume) = (REPLICA.image()?, Network::create(&["--internal"]), Volume::create());
        let etcd = Etcd::start(&network)?;
        let run = Run::new().network(network.name()).flag(&format!("--volume={}:/data", volume.name()));
        let replica = run.env("LEASE", "3").env("RECORDS", "/data/records").ready(&image);
        let address = replica.address(8080)?;
        let (acknowledged, lost) = thread::scope(|scope| {
            let (etcd, names) = (&etcd, ["a", "b", "c", "d"]);
            let clients = names.map(|name| scope.spawn(move || send(etcd, address, name)));
            thread::sleep(Duration::from_millis(1500));
            how(&replica);
            let results = clients.map(|client| client.join().expect("a client"));
            let (acknowledged, lost): (Vec<_>, Vec<_>) = results.into_iter().unzip();
            (acknowledged.concat(), lost.concat())
        });
        let ended = replica.wait();
        println!("{} acknowledged, {} requests lost", acknowledged.len(), lost.len());
        check(ended.exit_code, acknowledged, lost, found(&replica)?);
        Ok(())
    });
}

#[test]
fn a_replica_that_is_stopped_loses_no_request_and_no_record_and_leaves_no_entry() {
    end(
        |replica| _ = replica.stop(),
        |code, acknowledged, lost, found| {
            assert_eq!((code, lost), (0, Vec::new()));
            let found: HashSet<_> = found.into_iter().collect();
            assert!(acknowledged.len() > 4, "{acknowledged:?}");
            assert_eq!(found, acknowledged.into_iter().collect());
        },
    );
}

/// The control; that of the records is the writer's.
#[test]
fn a_replica_that_is_killed_loses_requests_and_is_listed_without_a_listener() {
    end(
        |replica| _ = replica.kill("KILL"),
        |code, acknowledged, lost, found| {
            // One for each client at least, until the lease ended.
            assert!(code == 137 && lost.len() >= 4, "{lost:?}");
            assert!(found.len() <= acknowledged.len(), "{} of {} found", found.len(), acknowledged.len());
        },
    );
}

#[test]
fn compose_restarts_three_replicas_and_stops_them_before_the_registry_that_they_leave() {
    in_docker(|| {
        let replicas = Replicas::up(3)?;
        replicas.wait_until_listed()?;
        replicas.call(&["restart", "replica"]);
        replicas.wait_until_listed()?;
        replicas.call(&["stop"]);
        let ended = replicas.ended();
        assert_eq!(ended.len(), 3);
        for ended in &ended {
            ended.assert_code(0).assert_order(&["left the registry"; 2]);
        }
        replicas.call(&["down", "--volumes"]);
        assert_eq!(replicas.call(&["ps", "--quiet"]), "");
        Ok(())
    });
}
