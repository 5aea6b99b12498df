//! Acknowledged writes survive failures of the machine: power cuts, failing or full disks,
//! exhausted file descriptors (reliability). These tests need tools that may be missing; then they
//! print what they skip, and pass.

mod backup;
mod checkpoint_error;
mod descriptors;
mod disk;
mod facts;
mod full_disk;
mod load;
mod power_cut;
mod strace;
mod sync_error;
mod trace;
