# Lua scripts of Redis as string constants, so that a program carries its own. Run as a script (cmake -P) this file
# writes the source that coupon_embed_scripts() builds.
if(CMAKE_SCRIPT_MODE_FILE)
    set(members "")
    foreach(file IN LISTS FILES)
        get_filename_component(name ${file} NAME_WE)
        file(READ ${file} lua)
        string(APPEND members "        .${name} = redis::RedisScript(R\"lua(${lua})lua\"),\n")
    endforeach()
    file(WRITE ${OUTPUT} "// Made from Lua files by cmake/EmbedScripts.cmake: edit those instead.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

const ${TYPE}& Scripts() {
    static const ${TYPE} scripts{
${members}    };
    return scripts;
}

}  // namespace ${NAMESPACE}
")
    return()
endif()

include_guard()

# coupon_embed_scripts(TARGET FOLDER x HEADER y/z.h NAMESPACE n TYPE T NAMES a b ...): defines `const T& Scripts()`, which
# y/z.h declares; T's members are a, b, ..., and come from x/a.lua, x/b.lua, ...: all there are in the folder.
function(coupon_embed_scripts target)
    cmake_parse_arguments(ARG "" "FOLDER;HEADER;NAMESPACE;TYPE" "NAMES" ${ARGN})
    list(TRANSFORM ARG_NAMES REPLACE "(.+)" "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FOLDER}/\\1.lua" OUTPUT_VARIABLE files)
    file(GLOB forgotten CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FOLDER}/*.lua)
    list(REMOVE_ITEM forgotten ${files})
    if(forgotten)
        message(FATAL_ERROR "no member of ${ARG_TYPE}: ${forgotten}")
    endif()
    get_filename_component(stem ${ARG_HEADER} NAME_WE)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${stem}.cc)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${ARG_HEADER} -DNAMESPACE=${ARG_NAMESPACE}
                -DTYPE=${ARG_TYPE} "-DFILES=${files}" -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
        DEPENDS ${files} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
        COMMENT "Embedding the scripts of ${ARG_HEADER}"
        VERBATIM)
    set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    target_sources(${target} PRIVATE ${output})
endfunction()
