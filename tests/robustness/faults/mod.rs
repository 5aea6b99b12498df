//! What was acknowledged stays when the machine fails: power cuts, disks that fail or are full, no
//! more file descriptors (reliability). These need tools that not every machine has; where one is
//! missing, a test says on stderr what it leaves out, and passes.

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
