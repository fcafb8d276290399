# SPDX-License-Identifier: Apache-2.0
# Third-party libraries, each under one name freshet::third::<name>, so that a folder's CMakeLists.txt
# says what it uses and nothing says how it is found.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL REQUIRED)

function(freshet_third_party name)
  add_library(freshet_third_${name} INTERFACE)
  target_link_libraries(freshet_third_${name} INTERFACE ${ARGN})
  add_library(freshet::third::${name} ALIAS freshet_third_${name})
endfunction()

function(freshet_pkg_config name)
  pkg_check_modules(FRESHET_PC_${name} REQUIRED IMPORTED_TARGET ${ARGN})
  freshet_third_party(${name} PkgConfig::FRESHET_PC_${name})
endfunction()

freshet_third_party(fmt fmt::fmt)
freshet_third_party(threads Threads::Threads)
freshet_third_party(gtest GTest::gtest GTest::gtest_main)
freshet_third_party(asio Threads::Threads) # Boost.Asio, headers only
target_compile_definitions(freshet_third_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)
freshet_pkg_config(libbson libbson-1.0)
freshet_pkg_config(libmongoc libmongoc-1.0) # the example and the tests in C
freshet_pkg_config(pcre2 libpcre2-8)
freshet_pkg_config(icu icu-i18n icu-uc)
freshet_pkg_config(snappy snappy)
freshet_pkg_config(zlib zlib)
freshet_pkg_config(zstd libzstd)
freshet_pkg_config(yaml_cpp yaml-cpp)
freshet_third_party(cli11) # headers only
freshet_third_party(openssl OpenSSL::SSL OpenSSL::Crypto)
find_library(FRESHET_STEMMER stemmer REQUIRED)
find_library(FRESHET_S2 s2 REQUIRED)
freshet_third_party(s2 ${FRESHET_S2})
freshet_third_party(stemmer ${FRESHET_STEMMER})

# Intel's decimal library comes in eight builds; 000: arguments by value, rounding mode and
# exception flags as arguments. That is what bid_conf.h declares by default.
find_library(FRESHET_BID bidgcc000 REQUIRED)
freshet_third_party(decimal ${FRESHET_BID})

include(rocksdb)

# The allocator of the server binary. Sanitizers bring their own.
find_library(FRESHET_JEMALLOC jemalloc)
if(FRESHET_JEMALLOC AND NOT FRESHET_SANITIZE)
  freshet_third_party(allocator ${FRESHET_JEMALLOC})
else()
  freshet_third_party(allocator)
endif()
