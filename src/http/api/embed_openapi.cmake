# cmake -DOUTPUT=x.cc -DFILE=openapi.yaml -P embed_openapi.cmake: the file as a string constant.
file(READ "${FILE}" text)
file(WRITE "${OUTPUT}" "// Made from docs/openapi.yaml by embed_openapi.cmake; edit that file instead.
#include \"http/api/openapi_document.h\"

namespace coupon::http::api {

std::string_view OpenApiDocument() {
    return R\"openapi(${text})openapi\";
}

}  // namespace coupon::http::api
")
