# SPDX-License-Identifier: Apache-2.0
# RocksDB: the build of tools/rocksdb when it is there, else the packaged library, and says which.

if(NOT FRESHET_ROCKSDB_ROOT)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/rocksdb --where
    OUTPUT_VARIABLE rocksdb_root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
else()
  set(rocksdb_root ${FRESHET_ROCKSDB_ROOT})
endif()

if(rocksdb_root AND EXISTS ${rocksdb_root}/lib/librocksdb.a)
  pkg_check_modules(FRESHET_PC_lz4 REQUIRED IMPORTED_TARGET liblz4)
  freshet_third_party(rocksdb ${rocksdb_root}/lib/librocksdb.a PkgConfig::FRESHET_PC_lz4
    freshet::third::zstd Threads::Threads ${CMAKE_DL_LIBS})
  target_include_directories(freshet_third_rocksdb SYSTEM INTERFACE ${rocksdb_root}/include)
  set(FRESHET_ROCKSDB_KIND "built from source")
else()
  find_library(FRESHET_ROCKSDB_PACKAGED rocksdb REQUIRED)
  freshet_third_party(rocksdb ${FRESHET_ROCKSDB_PACKAGED})
  set(FRESHET_ROCKSDB_KIND "packaged, slower")
endif()
message(STATUS "RocksDB: ${FRESHET_ROCKSDB_KIND}")
