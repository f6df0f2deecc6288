//! Tests C: a real etcd does not list an instance whose listener has closed, and an etcd that does not answer does not
//! delay the stop.

use std::time::{Duration, Instant};

use containers::{Container, Ended, Etcd, Network, Program, REGISTRY_TTL, Recipe, Run, Unavailable};
use containers::{REGISTRY, in_docker, registry_figures};

#[test]
fn spec_3_8_the_registry_forgets_the_instance_before_its_listener_closes() {
    in_docker(|| {
        let figures = registry_figures()?;
        println!("{figures:?}");
        let with_hook = figures.with_hook;
        // It answered a request which began when its entry was gone.
        assert!(with_hook.unlisted < with_hook.last_answer, "{with_hook:?}");
        // The control: killed, it is listed without a listener, as long as its lease lasts, and no longer.
        let killed = figures.after_sigkill;
        assert!(killed.last_answer < killed.unlisted, "{killed:?}");
        // It had renewed the lease within the last third of its time.
        let (least, most) = (REGISTRY_TTL / 2, REGISTRY_TTL + 10);
        let range = Duration::from_secs(least)..Duration::from_secs(most);
        assert!(range.contains(&killed.unlisted), "{killed:?}");
        Ok(())
    });
}

/// An instance, and the registry that lists it; under a lease that outlives the test.
fn with_etcd(test: impl FnOnce(&Etcd, &Container)) -> Result<(), Unavailable> {
    let (image, network) = (REGISTRY.image()?, Network::create(&["--internal"]));
    let etcd = Etcd::start(&network)?;
    let instance = Run::new().network(network.name()).env("LEASE", "60").ready(&image);
    assert_eq!(etcd.listed().len(), 1);
    test(&etcd, &instance);
    Ok(())
}

/// Stops the instance, whose entry no hook can remove.
fn assert_stops(instance: &Container, codes: &[i32]) -> Ended {
    let ended = instance.stop().wait();
    // By itself, with time left of docker's ten seconds.
    ended.assert_before(10).assert_silent("left the registry");
    assert!(codes.contains(&ended.exit_code), "{ended}");
    let line = ended.log.iter().find(|line| line.contains("  deregister  ")).expect("a line of the report");
    assert!(line.contains("examples/platforms/registry/etcd.rs:"), "{ended}");
    println!("{ended}");
    ended
}

#[test]
fn a_registry_that_is_gone_holds_up_no_stop_and_the_report_names_the_hook() {
    in_docker(|| {
        with_etcd(|etcd, instance| {
            etcd.container().stop_within(0).wait();
            // Its name or its address is not known any more, or no process listens there.
            assert_stops(instance, &[70, 124]);
        })
    });
}

#[test]
fn a_registry_that_is_paused_holds_up_no_stop_and_the_report_names_the_hook() {
    in_docker(|| {
        with_etcd(|etcd, instance| {
            etcd.container().call(&["pause"]);
            let ended = assert_stops(instance, &[124]);
            ended.assert_said("timed out after 2").assert_said("waiting in recvfrom on fd ");
            ended.assert_said(", a TCP connection to ");
        })
    });
}

/// Through a proxy that passes on a byte a second: no wait for a byte is long, and the whole is endless.
#[test]
fn a_registry_that_is_slow_holds_up_no_stop_and_the_report_names_the_hook() {
    in_docker(|| {
        let (image, network) = (REGISTRY.image()?, Network::create(&["--internal"]));
        let _etcd = Etcd::start(&network)?;
        let between = Recipe::scratch(Program::new("slow_proxy")).build()?;
        let proxy = Run::new().network(network.name()).flag("--network-alias=proxy");
        let proxy = proxy.command(&["/slow_proxy", "etcd:2379"]).ready(&between);
        let run = Run::new().network(network.name()).env("LEASE", "60").env("ETCD", "http://proxy:2379");
        let instance = run.ready(&image);
        proxy.kill("USR1").wait_for("slow from now on");
        assert_stops(&instance, &[124]).assert_said("timed out after 2");
        Ok(())
    });
}

/// The control of the three above, with the same lease: it is the hook that removes the entry.
#[test]
fn a_registry_that_answers_lists_no_instance_after_the_stop() {
    in_docker(|| {
        with_etcd(|etcd, instance| {
            instance.stop().wait().assert_code(0).assert_said("left the registry").assert_before(9);
            assert_eq!(etcd.listed(), [""; 0]);
        })
    });
}

/// What a registry does that was out of reach for longer than a lease.
#[test]
fn an_instance_that_the_registry_has_forgotten_lists_itself_again_and_not_once_it_has_left() {
    in_docker(|| {
        let (image, network) = (REGISTRY.image()?, Network::create(&["--internal"]));
        let etcd = Etcd::start(&network)?;
        let instance = Run::new().network(network.name()).env("LEASE", "3").ready(&image);
        let before = etcd.listed();
        etcd.forget();
        assert_eq!(etcd.listed(), [""; 0]);
        let begin = Instant::now();
        while etcd.listed() != before {
            assert!(begin.elapsed() < Duration::from_secs(30), "{before:?} is not listed again");
            std::thread::sleep(Duration::from_millis(100));
        }
        instance.stop().wait().assert_code(0).assert_said("left the registry");
        assert_eq!(etcd.listed(), [""; 0]);
        Ok(())
    });
}
