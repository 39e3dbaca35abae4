<?php // Files as they are, everything else through WordPress.
$root = realpath( $_SERVER['DOCUMENT_ROOT'] );
$base = getenv( 'SITE_BASE' );
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?? '/' );
$file = realpath( $root . $path );
if ( $file && is_dir( $file ) && is_file( "$file/index.php" ) && substr( $path, -1 ) !== '/' ) {
	header( "Location: $path/", true, 301 );
	return true;
}
if ( $file && is_dir( $file ) ) {
	$path = rtrim( $path, '/' ) . '/index.php';
	$file = realpath( "$file/index.php" );
}
if ( $file && is_file( $file ) && substr( $file, -4 ) !== '.php' ) {
	return false;
}
if ( ! $file || ! is_file( $file ) ) {
	if ( 0 !== strpos( $path, "$base/" ) ) {
		http_response_code( 404 );
		echo 'not found';
		return true;
	}
	$path = "$base/index.php";
	$file = $root . $path;
}
$_SERVER['SCRIPT_NAME']     = $path;
$_SERVER['PHP_SELF']        = $path;
$_SERVER['SCRIPT_FILENAME'] = $file;
chdir( dirname( $file ) );
require $file;
return true;
