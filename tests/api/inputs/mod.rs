//! Inputs as real clients and networks send them, with a module for each kind.

mod envelope_settings;
mod forms;
mod headers;
mod ihome_values;
mod large_pictures;
mod moved_rows;
mod multipart;
mod names;
mod page_files;
mod pages;
mod repacked;
mod rpc;
mod rpc_members;
mod times;
