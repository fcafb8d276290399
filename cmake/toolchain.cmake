# SPDX-License-Identifier: Apache-2.0
# Compiler cache, linker, warnings and sanitizers. The warnings sit in the target freshet_warnings,
# which only our own targets link: whoever embeds Freshet keeps their own.

find_program(FRESHET_CCACHE ccache)
if(FRESHET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FRESHET_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${FRESHET_CCACHE})
endif()

find_program(FRESHET_MOLD mold)
find_program(FRESHET_LLD ld.lld)
if(FRESHET_MOLD AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=mold)
elseif(FRESHET_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(freshet_warnings INTERFACE)
if(FRESHET_WERROR)
  target_compile_options(freshet_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports string concatenation as overlapping (its bug 105651).
    target_compile_options(freshet_warnings INTERFACE -Wno-restrict)
    if(FRESHET_SANITIZE)
      target_compile_options(freshet_warnings INTERFACE -Wno-maybe-uninitialized)
    endif()
  else()
    target_compile_options(freshet_warnings INTERFACE -Wthread-safety)
  endif()
endif()

if(FRESHET_SANITIZE)
  add_compile_options(-fsanitize=${FRESHET_SANITIZE})
  add_link_options(-fsanitize=${FRESHET_SANITIZE})
  if(FRESHET_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  if(FRESHET_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(FRESHET_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
