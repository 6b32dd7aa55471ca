# cmake -DDIR=<shared/sql> -DPGMQ=<file> -DOUTPUT=<file> -P embed.cmake
# Writes the scripts, their names and SHA-256 checksums, as C++.

# A string literal of g++ may be long; the delimiter occurs in no script.
function(literal file variable)
    file(READ ${file} text)
    set(${variable} "R\"tasker_sql(${text})tasker_sql\"" PARENT_SCOPE)
endfunction()

function(embed_all pattern variable)
    file(GLOB files ${DIR}/${pattern})
    list(SORT files)
    set(all "")
    foreach(file IN LISTS files)
        cmake_path(GET file FILENAME name)
        file(SHA256 ${file} checksum)
        literal(${file} text)
        string(APPEND all "        {\"${name}\", \"${checksum}\", ${text}},\n")
    endforeach()
    set(${variable} "${all}" PARENT_SCOPE)
endfunction()

embed_all("migrations/*.sql" migrations)
embed_all("functions/*.sql" functions)
string(SHA256 functions_checksum "${functions}")
string(SHA256 migrations_checksum "${migrations}")
file(SHA256 ${PGMQ} pgmq_checksum)
literal(${PGMQ} pgmq)
cmake_path(GET PGMQ FILENAME pgmq_name)
string(SHA256 fingerprint "${migrations_checksum} ${functions_checksum} ${pgmq_checksum}")

file(WRITE ${OUTPUT} "// Written by shared/sql/embed.cmake.
#include \"tasker/sql/scripts.hpp\"

namespace tasker::sql {

script_set const& embedded_scripts() {
    static script_set const scripts{
        {
${migrations}        },
        {
${functions}        },
        \"${functions_checksum}\",
        {\"${pgmq_name}\", \"${pgmq_checksum}\", ${pgmq}},
        \"${fingerprint}\"};
    return scripts;
}

} // namespace tasker::sql
")
