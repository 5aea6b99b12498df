//! Pictures in a bucket: Guichet against an S3 server that checks signatures, in this process, and
//! against moto, which checks buckets (where it is installed).

mod s3;
mod service;
mod setup;
mod uploads;

mod backup;
mod check;
mod keep;
mod moto;
mod sweep;
mod trouble;
