# cmake -DOUTPUT=x.cc "-DFILES=a.lua;b.lua" -P embed_scripts.cmake: Scripts() of redis_scripts.h. Every file is a member
# there, by its name.
set(members "")
foreach(name claim begin_load fill_load publish_load end_load change unload)
    set(file "")
    foreach(candidate IN LISTS FILES)
        get_filename_component(stem ${candidate} NAME_WE)
        if(stem STREQUAL name)
            set(file ${candidate})
        endif()
    endforeach()
    if(NOT file)
        message(FATAL_ERROR "${name}.lua is missing")
    endif()
    file(READ ${file} lua)
    string(APPEND members "        .${name} = redis::RedisScript(R\"lua(${lua})lua\"),\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from src/admission/redis_scripts/*.lua: edit those instead.
#include \"admission/redis_scripts.h\"

namespace coupon::admission {

const RedisScripts& Scripts() {
    static const RedisScripts scripts{
${members}    };
    return scripts;
}

}  // namespace coupon::admission
")
