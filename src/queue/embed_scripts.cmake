# cmake -DOUTPUT=x.cc "-DFILES=take.lua;..." -P embed_scripts.cmake: a function of queue_scripts.h a file.
set(functions "")
foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME_WE)
    string(SUBSTRING ${name} 0 1 first)
    string(TOUPPER ${first} first)
    string(SUBSTRING ${name} 1 -1 rest)
    file(READ ${file} lua)
    string(APPEND functions "
const redis::RedisScript& ${first}${rest}Script() {
    static const redis::RedisScript script(R\"lua(${lua})lua\");
    return script;
}
")
endforeach()
file(WRITE ${OUTPUT} "// Made from src/queue/scripts/*.lua: edit those instead.
#include \"queue/queue_scripts.h\"

namespace coupon::queue {
${functions}
}  // namespace coupon::queue
")
