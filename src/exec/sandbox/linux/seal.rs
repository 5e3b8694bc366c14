//! What a process gives up for ever: capabilities, file access by Landlock, system calls by
//! seccomp. In this order: each later one forbids what the earlier ones need.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use landlock::Access as _;
use landlock::AccessFs;
use landlock::CompatLevel;
use landlock::Compatible as _;
use landlock::PathBeneath;
use landlock::PathFd;
use landlock::Ruleset;
use landlock::RulesetAttr as _;
use landlock::RulesetCreated;
use landlock::RulesetCreatedAttr as _;
use landlock::RulesetStatus;
use landlock::Scope;
use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::thread::CapabilitiesSecureBits;
use rustix::thread::CapabilitySet;
use rustix::thread::CapabilitySets;
use seccompiler::SeccompAction;
use seccompiler::SeccompCmpArgLen;
use seccompiler::SeccompCmpOp;
use seccompiler::SeccompCondition;
use seccompiler::SeccompFilter;
use seccompiler::SeccompRule;
use seccompiler::sock_filter;

use crate::exec::sandbox::linked::Linked;
use crate::exec::sandbox::linux::mounts::DEVICES;
use crate::exec::sandbox::linux::mounts::TEMPORARY;
use crate::exec::sandbox::spec::Limits;
use crate::exec::sandbox::spec::Spec;

/// Limits what one process may take; what is lower already stays.
pub(super) fn limit(limits: &Limits) -> io::Result<()> {
    let all = [
        (Resource::Core, 0),
        (Resource::Fsize, limits.file),
        (Resource::Nofile, limits.open),
        (Resource::Nproc, limits.processes),
    ];
    for (resource, most) in all {
        let now = rustix::process::getrlimit(resource);
        let least = |now: Option<u64>| Some(now.map_or(most, |now| now.min(most)));
        let new = Rlimit { current: least(now.current), maximum: least(now.maximum) };
        rustix::process::setrlimit(resource, new)?;
    }
    Ok(())
}

/// Gives up all capabilities, and every way to get one: root is then a user like any other.
pub(super) fn drop_privileges() -> io::Result<()> {
    rustix::thread::clear_ambient_capability_set()?;
    for bit in 0..64 {
        let Some(one) = CapabilitySet::from_bits(1 << bit) else { continue };
        match rustix::thread::remove_capability_from_bounding_set(one) {
            // This kernel does not know it.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let bits = CapabilitiesSecureBits::NO_ROOT | CapabilitiesSecureBits::NO_ROOT_LOCKED;
    rustix::thread::set_capabilities_secure_bits(bits)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// The same file rules once more, kept by another part of the kernel: reading everywhere, writing
/// in the roots and in what is the command's own. Not in force yet: see [`landlock()`].
pub(super) fn rules(spec: &Spec) -> Result<RulesetCreated, String> {
    let failed = |error: landlock::RulesetError| error.to_string();
    // Truncating is covered from the third version on; without it a file outside could be emptied.
    let (least, most) = (landlock::ABI::V3, landlock::ABI::V6);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(least))
        .map_err(failed)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(most))
        .map_err(failed)?
        .scope(Scope::from_all(most))
        .map_err(failed)?
        .create()
        .map_err(failed)?;
    let all = AccessFs::from_all(most);
    let devices = DEVICES.iter().map(|name| Path::new("/dev").join(name));
    let terminals = ["/dev/pts".into(), "/dev/ptmx".into()];
    let own = TEMPORARY.iter().map(Into::into).chain(terminals);
    let writable = spec.roots.iter().chain(spec.caches.iter().map(|cache| &cache.path)).cloned();
    let writable = writable.chain(spec.linked.iter().flat_map(Linked::writable));
    let granted = writable.chain(own).chain(devices).map(|path| (path, all));
    for (path, access) in std::iter::once(("/".into(), AccessFs::from_read(most))).chain(granted) {
        let Ok(fd) = PathFd::new(&path) else { continue };
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(most) };
        rules = rules.add_rule(PathBeneath::new(fd, access)).map_err(failed)?;
    }
    Ok(rules)
}

/// Puts the file rules in force; from then on there are no new mounts either.
pub(super) fn landlock(rules: RulesetCreated) -> Result<(), String> {
    match rules.restrict_self().map_err(|error| error.to_string())?.ruleset {
        RulesetStatus::NotEnforced => Err("the kernel does not enforce it".to_owned()),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}

/// System calls that no build, test or script needs, and that lead out or up.
const REFUSED: &[i64] = &[
    // other namespaces and other mounts
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    // other processes
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // files past their names
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    // programs and keys in the kernel
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    // the machine
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Families of sockets that may be made: with a network of its own they reach only the command's
/// own processes. A socket in the file system would reach other people's.
const FAMILIES: [i32; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// New namespaces, as flags of `clone`.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
];

/// Put keys into a terminal's input: `TIOCSTI` and `TIOCLINUX`, whose types differ by C library.
const KEYS: [u64; 2] = [0x5412, 0x541c];

/// Refuses the system calls, for this process and all that it starts.
pub(super) fn seccomp(filters: &[Vec<sock_filter>]) -> Result<(), String> {
    for filter in filters {
        seccompiler::apply_filter(filter).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The programs that decide on each call, in the order in which they are laid on.
pub(super) fn filters() -> Result<Vec<Vec<sock_filter>>, seccompiler::BackendError> {
    let dword = SeccompCmpArgLen::Dword;
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let family = |family: &i32| {
        SeccompCondition::new(0, dword.clone(), SeccompCmpOp::Ne, family.cast_unsigned().into())
    };
    let other = FAMILIES.iter().map(family).collect::<Result<_, _>>()?;
    refused.insert(libc::SYS_socket, vec![SeccompRule::new(other)?]);
    let namespace = |flag: &i32| {
        let flag = u64::from(flag.cast_unsigned());
        let set = SeccompCmpOp::MaskedEq(flag);
        SeccompRule::new(vec![SeccompCondition::new(0, dword.clone(), set, flag)?])
    };
    refused.insert(libc::SYS_clone, NAMESPACES.iter().map(namespace).collect::<Result<_, _>>()?);
    let keys = |request: &u64| {
        SeccompRule::new(vec![SeccompCondition::new(1, dword.clone(), SeccompCmpOp::Eq, *request)?])
    };
    refused.insert(libc::SYS_ioctl, KEYS.iter().map(keys).collect::<Result<_, _>>()?);
    // Its flags lie behind a pointer. Without it programs use `clone`.
    let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let mut filters = Vec::new();
    for (calls, errno) in [(refused, libc::EPERM), (unknown, libc::ENOSYS)] {
        let action = SeccompAction::Errno(errno.cast_unsigned());
        let arch = std::env::consts::ARCH.try_into()?;
        // A program of another architecture is killed by this filter.
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, action, arch)?;
        filters.push(filter.try_into()?);
    }
    #[cfg(target_arch = "x86_64")]
    filters.push(no_x32());
    Ok(filters)
}

/// The x32 calls go by other numbers, past the filters above: a process that makes one is killed.
#[cfg(target_arch = "x86_64")]
fn no_x32() -> Vec<sock_filter> {
    /// The bit that marks them, from `asm/unistd.h`.
    const X32: u32 = 0x4000_0000;
    let op = |code: u32, jt: u8, jf: u8, k: u32| sock_filter { code: code as u16, jt, jf, k };
    vec![
        op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        op(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, X32),
        op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
